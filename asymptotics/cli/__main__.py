"""``python -m asymptotics.cli``."""

from asymptotics.cli import main

main(prog_name="asymptotics")

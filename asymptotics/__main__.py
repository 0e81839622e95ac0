"""``python -m asymptotics``."""

from asymptotics.cli import main

main(prog_name="asymptotics")

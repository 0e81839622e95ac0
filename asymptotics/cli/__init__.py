"""The command line: each command is a few lines over the public face.

Machine-readable output goes to stdout, talk to stderr. Exit codes: 0 ok, 1 a check failed, 2 bad input,
130 and 143 stopped by SIGINT and SIGTERM.
"""

from asymptotics.cli.group import main

__all__ = ["main"]

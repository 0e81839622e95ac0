"""Executable mathematics: one module per theorem, each ending in a comparison with what is published.

Nothing in the package imports these modules; ``asymptotics.verification`` finds them beside it and runs them.
"""

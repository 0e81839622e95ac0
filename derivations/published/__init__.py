"""Published equations, as functions: oracles to compare with, never ingredients of a derivation.

Each module transcribes one paper, in its own notation, with plain arithmetic, so that the same function
takes symbols, floats and big floats. A derivation calls it only inside a check.
"""

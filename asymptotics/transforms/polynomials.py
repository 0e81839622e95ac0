"""Exact polynomial rings over the rationals, with one set of operations and interchangeable engines.

:class:`Ring` is what elimination, certificates and root counting are written against; :class:`Sympy` is the
slow engine, kept as the oracle of the fast one (``flint_adapter.Flint``).
"""

"""Experiments of quadratic programs: their own random matrices, drawn and solved at given sizes."""

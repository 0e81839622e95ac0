"""Formulas in one variable: read, evaluated, bounded, cut into smooth pieces."""

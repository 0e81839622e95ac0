"""Exact polynomial algebra: elimination, membership, real roots, with certificates."""

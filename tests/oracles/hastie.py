"""Isotropic ridge regression (arXiv:1903.08560): values that follow by hand from the published forms."""

# gamma, r^2, noise -> ridgeless risk
RIDGELESS = (
    ("1/2", "1", "1/5", "1/5"),
    ("2", "1", "1/5", "7/10"),
    ("4", "3", "1", "31/12"),
)

"""Limits by dominant balance: exponents, leading parts, cells, what comes next."""

"""Numbers: bracketed, branch-safe solution of lowered systems."""

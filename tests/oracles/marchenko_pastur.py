"""First moments of the Marchenko-Pastur law: coefficients of gamma^r in the moment of order k (Narayana numbers)."""

NARAYANA = ((1,), (1, 1), (1, 3, 1), (1, 6, 6, 1), (1, 10, 20, 10, 1))

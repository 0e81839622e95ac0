"""Kernel regression under another law of the test inputs (arXiv:2106.02261): values that follow by hand.

Two eigenvalues 1 and 1/2, one eigenfunction each, target power 1 and 1/4, noise 1/10. With one sample and ridge chosen
such that kappa = 1 (P = 1): kappa/(P lambda + kappa) = 1/2 and 2/3, gamma = 1/4 + 1/9 = 13/36, error in distribution
(1/4 + 1/9 + gamma/10)/(1 - gamma). With overlaps 2 and 1: gamma' = 1/2 + 1/9 = 11/18 and error Q' + gamma'(test + 1/10)
with Q' = 1/2 + 1/9.
"""

SAMPLES, KAPPA, NOISE = "1", "1", "1/10"
EIGENVALUES, OVERLAPS, TARGET = ("1", "1/2"), ("2", "1"), ("1", "1/4")
GAMMA, GAMMA_TEST = "13/36", "11/18"
IN_DISTRIBUTION = "143/230"
OUT_OF_DISTRIBUTION = "121/115"

"""Digits of the proportional regime, each known from two routes in 40-digit arithmetic, as data.

ReLU, ``F_1^2 = 1``, no higher degrees in the target. ``B`` and ``V`` are bias and variance per unit of target and
noise power (arXiv:1908.05355); ``lam_bar`` is the ridge of a mean loss over ``mu_star^2``.
"""

# psi1, psi2, lam_bar, chi, B, V, d nu1, d nu2, Upsilon
MEI_MONTANARI = (
    (2, 3, 0.01, -1.170925641998436, 0.6071267556088968, 1.657788676309785,
     0.002556827988338602, 0.07758396746104051, 0.6237473622664187),
    (5, 3, 0.1, -1.429484552820952, 0.1681318879068255, 0.6814062144389382,
     0.03524784077174585, 0.06355091891607403, 0.4052597216469275),
    (3, 3, 0.001, -2.017841281576004, 1.66267934768552, 10.469474442376,
     0.002022356894579495, 0.04502091306069005, 0.9128120468793824),
    (0.5, 2, 1, -0.1379346094723061, 0.8260673860175092, 0.20770516160349,
     0.1144923162090982, 0.6586095922962982, 0.1719833351773677),
)  # fmt: skip

# psi1, psi2, lam_bar, B, V
MORE_ROWS = ((10, 2, 1, 0.264882192510249, 0.216203004419868),)

# psi1, psi2, B, V at vanishing ridge
RIDGELESS = (
    (2, 3, 0.6848993928459806, 2.0),
    (5, 3, 0.2450638221564781, 1.822308722259779),
    (3, 2, 0.5308204345609449, 2.424015800994258),
)

# psi2, lam_bar, B, V for infinitely many features; then B for infinitely many samples at psi1 = psi2
WIDE_AND_LARGE_SAMPLE = (
    (3, 0.1, 0.040989661170783, 0.2905009268964724, 0.1465519541138517),
    (2, 0.5, 0.1552759523852569, 0.2678743563072428, 0.2526161969570705),
)

# psi = (2, 3), lam_bar = 0.1, noise 0.5: test, train, psi1 |a|^2 of the mean-loss estimator, minimum
TRAIN_AND_NORM = {"test": 0.8146544643706102, "train": 0.2816434315474031, "norm": 9.135614513002444,
                  "objective": 0.3646359735798245}  # fmt: skip

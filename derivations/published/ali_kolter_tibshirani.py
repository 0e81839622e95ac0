r"""Ali, Kolter and Tibshirani (2019): gradient flow against ridge regression, on isotropic inputs.

Loss :math:`\frac{1}{2n}\|y - X\beta\|^2` for the flow, :math:`\frac1n\|y - X\beta\|^2 + \lambda\|\beta\|^2` for the
ridge. Risks are averages over the eigenvalues s of :math:`X^TX/n`, of the functions below times
:math:`\sigma^2\gamma`, with ``alpha0`` :math:`= r^2/(\sigma^2\gamma)`.
"""

REFERENCE = "AliKolterTibshirani2019"

ALONG_THE_PATH = "1.69"
"""The risk of the flow at time t is at most this many times that of the ridge 1/t."""

AT_THE_BEST = "1.22"
"""So is the least risk of the flow, for isotropic inputs; and at least one time."""


def flow(s, alpha0, left):
    """Gradient flow; ``left`` = exp(-t s)."""
    return alpha0 * left**2 + (1 - left) ** 2 / s


def ridge(s, alpha0, lam):
    return (alpha0 * lam**2 + s) / (s + lam) ** 2

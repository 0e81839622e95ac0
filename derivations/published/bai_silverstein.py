"""Bai and Silverstein (2004), Theorem 1.1: the mean of linear statistics of real sample covariance matrices."""

REFERENCE = "BaiSilverstein2004"


def mean_density(m, y, average, t):
    r"""What :math:`-\frac{1}{2\pi i}\oint f(z)\,(\cdot)\,dz` is taken of, in the companion Stieltjes transform m.

    ``average`` is the mean over the population spectrum of a function of ``t``, ``y`` the dimension over samples.
    """
    above = y * average(m**3 * t**2 / (1 + t * m) ** 3)
    return above / (1 - y * average(m**2 * t**2 / (1 + t * m) ** 2)) ** 2

r"""Canatar, Bordelon and Pehlevan (2021): kernel regression whose test inputs have another law.

``samples`` P, ridge ``lam``, kernel eigenvalues ``eigenvalue``, label noise ``noise``; ``overlap`` is the matrix of
products of the eigenfunctions averaged over the test law, here diagonal. ``trace(f)`` and ``target(f)`` are sums over
the spectrum of a function of eigenvalue and overlap, the latter weighed with squared coordinates of the target in
orthonormal eigenfunctions.
"""

REFERENCE = "Canatar2021"


def fixed_point(samples, lam, kappa, eigenvalue, trace):
    """Residual of kappa = lam + kappa Tr Lambda (P Lambda + kappa)^-1."""
    return kappa - lam - kappa * trace(eigenvalue / (samples * eigenvalue + kappa))


def gamma(samples, kappa, eigenvalue, trace):
    """The ratio P Tr Lambda^2 (P Lambda + kappa)^-2."""
    return samples * trace(eigenvalue**2 / (samples * eigenvalue + kappa) ** 2)


def gamma_test(samples, kappa, eigenvalue, overlap, trace):
    """The same with the overlap matrix: P Tr Lambda O Lambda (P Lambda + kappa)^-2."""
    return samples * trace(overlap * eigenvalue**2 / (samples * eigenvalue + kappa) ** 2)


def in_distribution(samples, kappa, eigenvalue, noise, trace, target):
    """Excess error under the training law."""
    ratio = gamma(samples, kappa, eigenvalue, trace)
    shrunk = kappa**2 * target(1 / (samples * eigenvalue + kappa) ** 2)
    return (shrunk + ratio * noise) / (1 - ratio)


def out_of_distribution(samples, kappa, eigenvalue, overlap, noise, trace, target):
    """Excess error under the test law."""
    ratio = gamma(samples, kappa, eigenvalue, trace)
    tested = gamma_test(samples, kappa, eigenvalue, overlap, trace)
    change = overlap - (1 - tested) / (1 - ratio)
    mismatch = kappa**2 * target(change / (samples * eigenvalue + kappa) ** 2)
    known = in_distribution(samples, kappa, eigenvalue, noise, trace, target)
    return known + (tested - ratio) / (1 - ratio) * noise + mismatch

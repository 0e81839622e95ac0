"""System to system, each with its way back and its certificate.

The names below are what users call; each is imported when it is first used.

Examples
--------
>>> import asymptotics as asy
>>> from asymptotics import transforms
>>> kernel = asy.derive("kernel-ridge", "proportional")
>>> print(*transforms.eliminate(kernel, "nu").coefficients(), sep="; ")
-mu1sq*(lam + mu_starsq); -lam + mu1sq*psi2 - mu1sq - mu_starsq; psi2
"""

from importlib import import_module as _import_module
from typing import Any as _Any

_HOME = {
    "ExactSpectrum": "transforms.changes.spectra",
    "atoms": "transforms.changes.spectra",
    "change_unknowns": "transforms.changes.unknowns",
    "differentiate": "transforms.changes.derivatives",
    "eliminate": "transforms.algebra.elimination",
    "follows": "transforms.algebra.identities",
    "in_ideal": "transforms.algebra.membership",
    "isotropic": "transforms.changes.spectra",
    "limits_of": "transforms.limits.limit_systems",
    "physical_solution": "transforms.algebra.physical_solutions",
    "physical_solutions": "transforms.algebra.physical_solutions",
    "polynomial_levels": "transforms.limits.growth",
    "power_law": "transforms.changes.spectra",
    "series_of": "transforms.changes.small_quantity",
    "substitute_spectrum": "transforms.changes.spectrum_substitution",
    "symbol": "equations.naming",
    "take_limit": "transforms.limits.take_limit",
    "two_block": "transforms.changes.spectra",
}

__all__ = [*_HOME]


def __getattr__(name: str) -> _Any:
    if name not in _HOME:
        raise AttributeError(f"module 'asymptotics.transforms' has no attribute {name!r}")
    value = getattr(_import_module(f"asymptotics.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

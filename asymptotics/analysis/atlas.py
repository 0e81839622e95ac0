"""The atlas as users ask for it: which regime a pair of exponents belongs to, for a given model."""

from __future__ import annotations

from typing import Any

from asymptotics.functions.exact import exact_number
from asymptotics.models.model import as_model
from asymptotics.models.polynomial_equations import Degrees, levels_to_know, polynomial_regime
from asymptotics.models.random_features_theory import RANDOM_FEATURES
from asymptotics.models.regimes import Polynomial
from asymptotics.transforms.limits.atlas import ScalingRegime


def atlas(kappa1: Any, kappa2: Any, model: Any = None, *, ridge: Any = 0) -> ScalingRegime:
    r"""Which limit holds at :math:`p = \theta_1 d^{\kappa_1}`, :math:`n = \theta_2 d^{\kappa_2}`.

    Parameters
    ----------
    kappa1, kappa2 : int, Fraction or str
        Exponents, exact; ``math.inf`` for infinitely many features or samples.
    model : RandomFeaturesRidge or KernelRidge, optional
        Whose degrees are looked at; random features that see every degree by default.
    ridge : int, Fraction or str
        Exponent of the ridge: ``lam`` grows like ``d**ridge``.

    Returns
    -------
    ScalingRegime
        The cell of exponents on which the same limit holds, its system, and the fate of every degree.

    Raises
    ------
    InputError
        If an exponent is not a positive rational, or the model is none.
    DerivationError
        If no limit, or more than one, is consistent.

    Notes
    -----
    Nothing is looked up: the limit is taken by dominant balance when it is asked for.

    References
    ----------
    docs/howto/polynomial_scaling.md; HuLuMisiakiewicz2024.

    Examples
    --------
    >>> regime = atlas(2, "3/2")
    >>> regime.limited_by, regime.learned, regime.noise
    ('samples', (0, 1), (2,))
    >>> print(regime.cell)
    2 - kappa2 > 0, kappa1 - kappa2 > 0, kappa2 - 1 > 0
    """
    regime, rho = Polynomial(kappa1, kappa2), exact_number("ridge", ridge)
    most = levels_to_know(regime.kappa1, regime.kappa2)
    theory, degrees = RANDOM_FEATURES, Degrees()
    if model is not None:
        theory, degrees = as_model(model).theory, as_model(model).degrees(most)
    return polynomial_regime(theory.name, regime.kappa1, regime.kappa2, degrees, rho)

r"""Independent features from a population pair: for models that are stacks of layers.

Two predictors whose outer layers are drawn independently share what lies below. At one ridge the divided differences of
the pair there become ``df2`` and ``error`` (derived in ``derivations/pair_of_ridges.py``): so a model that has a pair
has its ensembles and its parts without a program of its own.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem, Observable
from asymptotics.errors import InputError
from asymptotics.models.components import TESTED, RiskValues
from asymptotics.models.coordinates import NOISE
from asymptotics.models.pair import PopulationRidge, pruned
from asymptotics.models.pair_learners import with_samples
from asymptotics.models.pair_two_ridges import cross_rule

__all__ = ["independent_features"]


def independent_features(pair: PopulationRidge, layers: int | None = None) -> FixedPointSystem:
    """The overlap of two ridge predictors with one ridge on the same data, whose outer layers are independent.

    Parameters
    ----------
    pair : PopulationRidge
    layers : int, optional
        Number of outer layers that the predictors draw independently; all of them by default.

    Returns
    -------
    FixedPointSystem
        The pair with its sample equation; observables ``bias`` and ``variance`` of the overlap, and ``test``, their
        sum.

    Raises
    ------
    InputError
        If there are not so many layers.

    Examples
    --------
    >>> from asymptotics.models.pair_layers import features, spectrum
    >>> system = independent_features(spectrum().through(features()))
    >>> print(system.observable("bias"))
    B20*n/(-T02 + n)
    """
    depth = len(pair.layers)
    layers = depth if layers is None else layers
    if not 0 <= layers <= depth:
        raise InputError("layers", layers, f"a number of layers, at most {depth}")
    system, values = with_samples(pair)
    parting = values if layers == 0 else pair.levels[depth - layers]
    rule = {symbol("df_cross"): parting["df2"], symbol("error_cross"): parting["error"]}
    test = sp.together(RiskValues.of_system(cross_rule()).test.xreplace(rule))
    bias = sp.factor(test.xreplace({NOISE: sp.S.Zero}))
    variance = sp.factor(NOISE * sp.diff(test, NOISE))
    overlap = RiskValues.tested(bias, variance).named()
    observables = tuple(Observable(c.name, overlap[c.name], f"overlap: {c.meaning}") for c in TESTED)
    return pruned(replace(system, name=f"{system.name}.independent-features", observables=observables))

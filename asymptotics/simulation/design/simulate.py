"""Simulation of a model, from request to estimate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import NumbersLike
from asymptotics.simulation.design.campaign import collect_campaign, run_campaign
from asymptotics.simulation.design.design import OPTIONS, Design
from asymptotics.simulation.design.execution import progress_bar, run_tasks
from asymptotics.simulation.design.options import SeedLike, SizesLike
from asymptotics.simulation.design.planning import Campaign, plan_design
from asymptotics.simulation.design.stopping import as_rule, draw_until
from asymptotics.simulation.estimates.estimate import Estimate

__all__ = ["OPTIONS", "draw_campaign", "finish_campaign", "simulate"]


def simulate(
    model: object,
    regime: SizesLike,
    ridge: NumbersLike | None = None,
    *,
    ridge_per_sample: NumbersLike | None = None,
    time: NumbersLike | None = None,
    time_per_sample: NumbersLike | None = None,
    training: Any = None,
    step_size: float | None = None,
    trials: int = 100,
    until: float | Mapping[str, float] | None = None,
    most_trials: int | None = None,
    seed: SeedLike = 0,
    inputs: Any = "sphere",
    weights: str | None = None,
    test_error: str = "auto",
    labels: str = "drawn",
    test_samples: int | None = None,
    surrogate_degree: int | None = None,
    ensemble: Any = 1,
    coupling: str = "independent",
    precision: str = "double",
    target_function: Callable[[Any], Any] | None = None,
    test_inputs: Any = None,
    executor: Executor | None = None,
    progress: bool | None = None,
    store: str | Path | None = None,
) -> Estimate:
    r"""Monte Carlo estimate of the risk of a model, from its definition.

    Parameters
    ----------
    model : object
        With ``target.powers`` (power :math:`F_k^2` per degree), ``noise`` (label-noise variance), and one of
        ``activation`` (vectorized function: random features, such as ``RandomFeaturesRidge``), ``kernel``
        (vectorized h(t), t = <x, x'>/d), ``feature_map`` (``feature_map(generator, d, p)`` returns a function
        from inputs ``(k, d)`` to features ``(k, m)``, see `asymptotics.simulation.learning.feature_maps`) and
        ``eigenvalues`` (a spectrum that is given: ``SpectralRidge``, with sizes n and p only). A model that is a
        quadratic program, without such attributes, is simulated from its own random matrices; see
        `asymptotics.simulation.design.settings` for all that a model may offer.
    regime : object
        With finite sizes ``d``, ``n`` and (except for kernels) ``p``, such as ``FiniteSize``, or the sizes that a
        program names; arrays broadcast with the ridge into a grid of configurations.
    ridge : array_like, optional
        :math:`\lambda \ge 0`; 0 means minimum-norm least squares. Values at equal sizes share their draws and
        one factorization. Exactly one of ``ridge``, ``ridge_per_sample``, ``time``, ``time_per_sample`` and
        ``training`` is needed.
    ridge_per_sample : array_like
        :math:`\lambda/n` instead of the ridge.
    time : array_like
        Gradient flow :math:`\dot a = -Z^T(Za - y)` from 0 up to these times instead of ridge regression;
        ``math.inf`` is training to the end.
    time_per_sample : array_like, optional
        These times, multiplied by the number of samples.
    training : GradientFlow, GradientDescent, HeavyBall, Nesterov, IteratedRidge, PrincipalComponents, SpectralFilter
        What ``predict`` takes: any of these methods, applied to the matrix that is drawn by its own steps. Its
        parameters broadcast with the sizes. Or an algorithm of your own: a function from features ``(n, m)`` (of
        kernels their matrix) and labels ``(n,)`` to coefficients ``(m,)``; its bias is then the error of what it learns
        without noise, its variance the mean square of what noise changes.
    step_size : float
        With ``time``: gradient descent with this step instead of the flow, ``time/step_size`` steps.
    trials : int, default 100
        Replicates per configuration, at least 2; with ``until`` those that are drawn first.
    until : float or mapping of str to float, optional
        Draw until the standard error of the mean is at most this everywhere: of the test error, or of each observable
        that is named, as in ``{"test": 1e-3, "train": 1e-4}``. Draws also go on until the mean is off by less than a
        tenth of its standard error because of the rule; see `asymptotics.simulation.design.stopping`. The same
        replicates are drawn with a store and without, in one run or several.
    most_trials : int, optional
        With ``until``: replicates after which draws end in any case, with a warning; 100,000 by default.
    seed : int, SeedSequence, Generator or None, default 0
        Whatever `numpy.random.default_rng` takes; the integer made of it is in the provenance. A replicate depends only
        on it, the sizes ``(d, n, p)`` that are drawn, and its number.
    inputs : {"sphere", "gaussian", "hypercube"}, GaussianInputs or DataMatrix, default "sphere"
        Law of x: uniform on the sphere of radius :math:`\sqrt d`, standard Gaussian, or uniform on
        :math:`\{-1,1\}^d`, where the degrees of the target are those of Walsh functions; Gaussian with a
        spectrum of variances (`asymptotics.simulation.laws.inputs.GaussianInputs`); or rows of a matrix of your
        own, with or without labels (`asymptotics.simulation.laws.inputs.DataMatrix`).
    weights : {"sphere", "gaussian", "hypercube"}
        Law of theta. By default that of the inputs, ``"gaussian"`` for `GaussianInputs` and ``"sphere"``
        for a `DataMatrix`. Kernels have none.
    test_error : {"auto", "exact", "sampled"}, default "auto"
        How the average over a fresh input is taken: exactly, by the series of zonal polynomials
        (`asymptotics.simulation.laws.population`), or over a fresh test set in every replicate. ``"auto"`` is
        exact where the series converges at moderate cost; the two agree in expectation. Exact for inputs on
        the sphere or standard Gaussian with weights on the sphere, for both on the hypercube, and, without a
        series, for spectra that are given.
    labels : {"drawn", "averaged", "auto"}, default "drawn"
        With ``"averaged"`` every observable is averaged exactly over target and noise, given inputs and
        weights: the same expectation, with standard errors that are typically 5 to 15 times smaller.
        Needs inputs and weights both on the sphere or both on the hypercube, the exact test error, and
        the memory of about ten matrices of the size of the features, which may have :math:`2^{27}` entries
        at most. ``"auto"`` averages wherever this can be done; to compare means with theory it is the best choice.
    test_samples : int
        Size of a sampled test set; by default chosen to cost about as much as the fit, or all rows left of
        a `DataMatrix`. With ``"auto"`` it asks for a sampled test error.
    surrogate_degree : int
        Replace everything of the features above this degree by independent Gaussian noise of the same
        variance: the Gaussian surrogate, to test Gaussian equivalence itself.
    ensemble : int or Ensemble, default 1
        Average this many predictors with independent weights on the same data; the norm is their mean
        one. An ``Ensemble`` says what members share: data, features, both or neither, or parts of them. The train
        error is then that of the average on all samples that members are given parts of, where data are shared.
    coupling : {"independent", "nested"}, default "independent"
        With ``"nested"`` all sizes of one dimension share inputs, weights, target and noise: n samples and p
        features are the first of the largest draw. Curves over n and p are smooth, differences along them
        have much smaller errors, and features, Gram matrices, factorizations along n, and the average over
        fresh inputs are computed once. Points of one curve are then not independent of each other.
    precision : {"double", "single"}, default "double"
        With ``"single"`` features, Gram matrices and factorizations take half the time and memory. Points
        and weights are those of double precision, rounded; solutions are refined with residuals in double
        precision, and averages are taken in it. Every observable keeps a relative error below 1e-4 (below
        1e-5 where it was measured; a mean square below 1e-9 of that of the labels, such as the train error
        of an interpolator, that share of this bound). To this end a replicate is computed in double
        precision, at the price of both, when the reciprocal condition number of its normal equations is
        below 1e-6 (kernels: 1e-3), and the first replicate of all sizes is computed in both and compared.
        For ridge regression on drawn labels.
    target_function : callable, optional
        The target itself, any function from inputs ``(k, d)`` to ``(k,)``: the powers of the model are then those that
        theory is asked for, and are not drawn. The test error is sampled, and the mean square of the target no control.
    test_inputs : Inputs, optional
        Another law of the test inputs: the error under it is measured too, as ``shifted``. Levels are those of the
        training inputs, one by one; inputs on the sphere are then on the product of the spheres of the levels.
    executor : concurrent.futures.Executor, optional
        Where blocks of replicates run: `process_pool`, a thread pool, ``Client.get_executor()`` of Dask, ...
        In the calling process by default. The results are the same, bit for bit, on one machine type.
    progress : bool, optional
        Show a progress bar on standard error; by default only in a terminal.
    store : path-like, optional
        SQLite file in which every finished block is kept. A run that was stopped, by whatever means,
        continues there, and more trials add to those at hand; see `asymptotics.simulation.design.campaign`.

    Returns
    -------
    Estimate
        ``test``, ``bias``, ``variance``, ``train``, ``norm``, ``norm_per_feature``, each with ``mean``,
        ``standard_error`` and ``draws`` ``(*grid, trials)``; of a program the observables that it declares.

    Raises
    ------
    InputError
        If a size is not a finite positive integer, the ridge is negative or above 1e100, ``trials < 2``, the
        activation has no function, the exact test error is not available where asked for, or an option does
        not apply.
    SimulationError
        If the activation is not finite on the sampled inputs, or cannot be sent to the workers, or single
        precision does not give the digits it promises.

    Notes
    -----
    Inputs :math:`x_i` and weights :math:`\theta_j` are independent, :math:`Z_{ij} =
    \sigma(\langle\theta_j, x_i\rangle/\sqrt d)/\sqrt p`, :math:`y = f_\star(X) + \varepsilon`, and
    :math:`\hat a = \arg\min_a \|y - Za\|^2 + \lambda\|a\|^2`. The target is a random harmonic polynomial with
    exactly the given powers (`asymptotics.simulation.laws.sampling.sample_target`), drawn afresh in every
    replicate, unless the labels of a `DataMatrix` are the target. Bias and variance come from solving for the
    right-hand sides :math:`f_\star(X)` and :math:`\varepsilon` separately.

    References
    ----------
    docs/theory/simulation.md.

    Examples
    --------
    >>> from types import SimpleNamespace as Namespace
    >>> model = Namespace(activation=np.tanh, target=Namespace(powers={1: 1.0}), noise=0.1)
    >>> estimate = simulate(model, Namespace(d=20, n=40, p=30), ridge=0.1, trials=10)
    >>> bool(0 < estimate.train.mean < estimate.test.mean < 1)
    True
    """
    design = Design(
        ridge, ridge_per_sample, time, time_per_sample, training, step_size, inputs, weights, test_error, labels,
        test_samples, surrogate_degree, ensemble, coupling, precision, target_function, test_inputs,
    )  # fmt: skip
    campaign = plan_design(model, regime, design, trials, seed)
    return finish_campaign(
        campaign, until=until, most_trials=most_trials, executor=executor, progress=progress, store=store
    )


def finish_campaign(
    campaign: Campaign,
    *,
    until: float | Mapping[str, float] | None = None,
    most_trials: int | None = None,
    executor: Executor | None = None,
    progress: bool | None = None,
    store: str | Path | None = None,
) -> Estimate:
    """The estimate of a campaign, in memory or with a store, with as many replicates as are asked for.

    Parameters
    ----------
    campaign : Campaign
        From `asymptotics.simulation.design.planning.plan_campaign`.
    until, most_trials, executor, progress, store
        As in `simulate`.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        If the rule is not allowed.
    SimulationError
        As in `asymptotics.simulation.design.campaign.run_campaign`.
    """

    def draw(wanted: Campaign, before: Estimate | None) -> Estimate:
        if store is None:
            return draw_campaign(wanted, executor=executor, progress=progress, before=before)
        run_campaign(wanted, store, executor=executor, progress=progress)
        return collect_campaign(wanted, store)

    if until is None:
        if most_trials is not None:
            raise InputError("most_trials", most_trials, "nothing without until")
        return draw(campaign, None)
    rule = as_rule(until, most_trials, campaign.trials, campaign.plan.observables)
    return draw_until(campaign, rule, draw)


def draw_campaign(
    campaign: Campaign,
    *,
    executor: Executor | None = None,
    progress: bool | None = None,
    before: Estimate | None = None,
) -> Estimate:
    """Draw the replicates of a campaign in memory.

    Parameters
    ----------
    campaign : Campaign
        What to simulate, from `asymptotics.simulation.design.planning.plan_campaign`.
    executor : concurrent.futures.Executor, optional
        Where to run; the calling process by default.
    progress : bool, optional
        Show a progress bar; by default only in a terminal.
    before : Estimate, optional
        Of the same campaign with fewer trials, as it was drawn: these are not drawn again.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> from types import SimpleNamespace as Namespace
    >>> model = Namespace(activation=np.tanh, target=Namespace(powers={1: 1.0}), noise=0.1)
    >>> from asymptotics.simulation import plan_campaign
    >>> few, more = (plan_campaign(model, Namespace(d=9, n=9, p=9), 0.1, trials=t) for t in (3, 5))
    >>> estimate = draw_campaign(more, before=draw_campaign(few))
    >>> bool((estimate.test.draws == draw_campaign(more).test.draws).all())
    True
    """
    results = {
        entry: np.empty((campaign.trials, len(entry.points), len(campaign.columns)))
        for entry in campaign.configurations
    }
    done = 0 if before is None else before.trials
    if before is not None:
        plan = campaign.plan
        columns = [before.statistics[name].draws for name in plan.observables]
        columns += [before.controls[name].draws for name in plan.controls]
        known = np.stack(columns, axis=-1).reshape(-1, done, len(columns))
        for entry, values in results.items():
            for column, places in enumerate(entry.places):
                values[:done, column] = known[places[0]]
    left = (campaign.trials - done) * len(results)
    tasks = campaign.tasks(lambda _: range(done, campaign.trials))
    with progress_bar(left, progress) as bar, closing(run_tasks(tasks, executor)) as blocks:
        for entry, task, values in blocks:
            results[entry][task.first : task.first + task.count] = values
            bar.update(task.count)
    return campaign.assemble(results)

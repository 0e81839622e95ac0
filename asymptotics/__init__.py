"""Exact asymptotic risk of linearized neural networks: derived, proved, evaluated, simulated.

The names below are the public face. Each is imported when it is first used, so that asking for one number
does not load the simulator, the symbolic engine and the plots.

Examples
--------
>>> import asymptotics as asy
>>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
>>> risk = asy.predict(model, asy.Proportional(psi1=2, psi2=3), ridge="0.01")
>>> round(risk.test, 6)
0.624873
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from asymptotics.version import __version__

_HOME = {
    "Activation": "functions.activations",
    "AsymptoticsError": "errors",
    "ComputeLaw": "scaling.compute",
    "Constants": "models.constants",
    "Convention": "report.convention",
    "Curve": "analysis.curves",
    "DataMatrix": "simulation.laws.data",
    "DeepRandomFeaturesRidge": "models.deep_random_features",
    "Ensemble": "ensembles.ensemble",
    "Estimate": "simulation.estimates.estimate",
    "Exponents": "report.exponents",
    "FiniteSize": "models.regimes",
    "FixedPointSystem": "equations.system",
    "GaussianInputs": "simulation.laws.inputs",
    "GradientDescent": "dynamics.steps",
    "GradientFlow": "dynamics.filters",
    "Group": "models.feature_groups",
    "HeavyBall": "dynamics.steps",
    "Huber": "functions.losses",
    "InputError": "errors",
    "Inputs": "models.inputs",
    "IteratedRidge": "dynamics.filters",
    "Kernel": "functions.kernels",
    "KernelRidge": "models.kernel_ridge",
    "Layer": "models.deep_random_features",
    "LazyLimits": "analysis.lazy_limits",
    "Linearizations": "report.linearizations",
    "Loss": "functions.loss",
    "Measurement": "report.measurement",
    "Model": "models.model",
    "Nesterov": "dynamics.steps",
    "NetworkPath": "simulation.learning.trained_networks",
    "NeuralTangentRidge": "models.neural_tangent",
    "Polynomial": "models.regimes",
    "Power": "scaling.power",
    "PrecisionError": "errors",
    "PrincipalComponents": "dynamics.filters",
    "Proportional": "models.regimes",
    "RandomFeaturesRidge": "models.random_features",
    "RidgeCombination": "dynamics.optimum",
    "Risk": "prediction.risk",
    "RiskEstimate": "dynamics.estimate",
    "ScalingLaw": "scaling.law",
    "SignTarget": "functions.labels",
    "SolverError": "errors",
    "SpectralFilter": "dynamics.filters",
    "SpectralRidge": "models.spectral_ridge",
    "Status": "solvers.solution",
    "Target": "functions.targets",
    "Theory": "models.theory",
    "WithLoss": "models.with_loss",
    "atlas": "analysis.atlas",
    "best_filter": "dynamics.optimum",
    "certify_curve": "analysis.statements",
    "certify_system": "solvers.krawczyk",
    "change_unknowns": "transforms.changes.unknowns",
    "cite": "prediction.citation",
    "compare": "report.comparison",
    "compute_optimal": "scaling.compute",
    "count_local_minima": "analysis.statements",
    "derive": "models.derive",
    "differentiate": "transforms.changes.derivatives",
    "eliminate": "transforms.algebra.elimination",
    "equivalent_ridge": "ensembles.equivalent",
    "estimate_exponents": "report.exponents",
    "estimate_risk": "dynamics.estimate",
    "expand": "functions.expansions.expand",
    "expand_risk": "analysis.puiseux",
    "explore": "report.explorer.page",
    "finite_size_gap": "analysis.gap",
    "follows": "transforms.algebra.identities",
    "gallery": "papers.make",
    "generalized_cross_validation": "ensembles.equivalent",
    "heldout_curve": "report.rows_of_data",
    "interpolation_peak": "analysis.optimize",
    "is_below": "analysis.statements",
    "large_ridge_formulas": "analysis.formulas",
    "lazy_limits": "analysis.lazy_limits",
    "learning_stage": "models.stages",
    "limits_of": "transforms.limits.limit_systems",
    "linearizations": "report.linearizations",
    "local_exponent": "scaling.local",
    "local_extrema": "analysis.statements",
    "loo_curve": "report.rows_of_data",
    "on_data": "models.on_data",
    "one_pass_sgd": "scaling.one_pass",
    "optimal_features": "analysis.optimize",
    "optimal_ridge": "analysis.optimize",
    "optimal_time": "dynamics.optimum",
    "overlaps": "analysis.overlaps",
    "physical_solution": "transforms.algebra.physical_solutions",
    "physical_solutions": "transforms.algebra.physical_solutions",
    "plot": "report.plots",
    "plot_atlas": "report.figures",
    "plot_best_training": "report.training_figures",
    "plot_calibration": "report.figures",
    "plot_linearizations": "report.linearizations",
    "plot_map": "report.plots",
    "plot_multiple_descent": "report.figures",
    "plot_parts": "report.parts_figure",
    "plot_scaling": "report.scaling_figures",
    "plot_scaling_atlas": "report.scaling_figures",
    "plot_staircase": "report.figures",
    "plot_stopping_map": "report.training_figures",
    "plot_training": "report.training_figures",
    "predict": "prediction.predict",
    "process_pool": "simulation",
    "reference_campaign": "report.reference",
    "reproduce": "report.reproduction",
    "save_figure": "report.canvas",
    "scaling_atlas": "scaling.regimes",
    "scaling_law": "scaling.ask",
    "separability_threshold": "losses.separability",
    "series_of": "transforms.changes.small_quantity",
    "simulate": "simulation",
    "simulate_parts": "simulation.design.simulate_parts",
    "solve_system": "prediction.systems",
    "staircase": "analysis.staircase",
    "substitute_spectrum": "transforms.changes.spectrum_substitution",
    "take_limit": "transforms.limits.take_limit",
    "tangent_features": "models.tangent_of_function",
    "time_slope": "dynamics.optimum",
    "train_network": "simulation.learning.trained_networks",
    "verify": "verification.run",
}

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> _Any:
    if name not in _HOME:
        raise AttributeError(f"module 'asymptotics' has no attribute {name!r}")
    value = getattr(_import_module(f"asymptotics.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

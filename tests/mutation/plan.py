"""Which tests guard which module of the exact core: what ``python -m tests.mutation`` runs when no module is named."""

ALGEBRA = [
    "tests/transforms/test_elimination.py",
    "tests/transforms/test_physical_solutions.py",
    "tests/transforms/test_flint_adapter.py",
    "tests/transforms/test_unknowns.py",
    "tests/transforms/test_spectra.py",
]
SOLVERS = [
    "tests/solvers/test_contraction.py",
    "tests/solvers/test_krawczyk.py",
    "tests/solvers/test_proofs.py",
]
NUMBERS = [
    "tests/lowering/test_rounding_bounds.py",
    "tests/lowering",
    "tests/solvers/test_krawczyk.py",
    "tests/prediction/test_certified.py",
]
ANSWERS = [
    "tests/prediction/test_guards.py",
    "tests/prediction/test_silent_edges.py",
    "tests/prediction/test_no_false_alarms.py",
    "tests/prediction/test_certified.py",
    "tests/prediction/test_predict.py",
    "tests/prediction/test_trust_by_experiment.py",
]
STORES = [
    "tests/simulation/test_store_damage.py",
    "tests/simulation/test_campaign.py",
    "tests/simulation/test_store_migration.py",
]
PLAN = {
    "functions/expansions/quadrature": ["tests/functions/test_quadrature.py"],
    "functions/expansions/rigorous_quadrature": ["tests/functions/test_quadrature_bounds.py"],
    "equations/rational_functions": ["tests/equations/test_rational_functions.py"],
    "solvers/krawczyk": SOLVERS[1:2],
    "solvers/contraction": SOLVERS,
    "solvers/proof": SOLVERS[1:],
    "solvers/enclosure": SOLVERS[:1],
    "solvers/accuracy": SOLVERS[:1],
    "solvers/branch": ["tests/solvers/test_branch.py"],
    "lowering/balls": ["tests/lowering/test_balls.py", "tests/solvers/test_contraction.py"],
    "lowering/rounding": [*NUMBERS, *ANSWERS[:3]],
    "prediction/accuracy": ANSWERS,
    "prediction/certified": ANSWERS[3:],
    "prediction/checked": ANSWERS[5:],
    "simulation/store": STORES,
    "simulation/store_file": STORES,
    **{
        f"transforms/algebra/{name}": ALGEBRA
        for name in ("algebraic", "buchberger", "elimination", "engines", "flint_adapter", "identities",
                     "physical_solutions", "polynomials", "subresultants", "sympy_adapter", "triangular")
    },
    **{
        f"transforms/algebra/{name}": ["tests/transforms/test_exact_algebra.py"]
        for name in ("certificates", "irreducibility", "membership", "real_roots")
    },
    "transforms/limits/uniqueness": ["tests/solvers/test_acceptance.py", "tests/transforms/test_atlas.py"],
}  # fmt: skip
"""Tests by module, the nearest first."""

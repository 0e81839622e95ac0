"""Which tests guard which module of the exact core and of what guards it: what ``python -m tests.mutation`` runs."""

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
FLAGS = ["tests/prediction/test_flags.py", "tests/prediction/test_guards.py"]
PROOFS = ["tests/prediction/test_proof_edges.py"]
NUMBERS_GIVEN = [
    "tests/functions/test_numbers_at_edges.py",
    "tests/functions/test_exact.py",
    "tests/models/test_regimes.py",
]
DIFFERENCES = ["tests/report/test_differences.py", "tests/report/test_judgement.py"]
VERDICTS = ["tests/report/test_verdicts.py"]
STORES = ["tests/simulation/test_store_rows.py"]
REPLICATES = ["tests/simulation/test_enough_replicates.py"]
GUARDS = {
    "prediction/accuracy": [*FLAGS[:1], *PROOFS, "tests/prediction/test_caution_rules.py"],
    "prediction/evaluate": FLAGS,
    "prediction/below_zero": [*PROOFS, *FLAGS[:1]],
    "prediction/certified": PROOFS,
    "prediction/checked": PROOFS,
    "report/self_check": PROOFS,
    "prediction/cautions": ["tests/prediction/test_caution_rules.py"],
    "prediction/next_order": ["tests/prediction/test_trust_thresholds.py"],
    "prediction/requests": ["tests/prediction/test_requests.py"],
    "models/pool": ["tests/models/test_pool.py"],
    "models/sizes": NUMBERS_GIVEN,
    "functions/exact": NUMBERS_GIVEN[:2],
    "lowering/rounding": NUMBERS[:1],
    "equations/records": ["tests/equations/test_record_files.py", "tests/equations/test_system.py"],
    "equations/encoding": ["tests/equations/test_record_files.py", "tests/equations/test_encoding.py"],
    "report/judgement": DIFFERENCES,
    "report/differences": DIFFERENCES[:1],
    "report/comparison": VERDICTS,
    "report/pairing": VERDICTS,
    "simulation/store": STORES,
    "simulation/store_file": STORES,
    "simulation/design/campaign": [*STORES, "tests/simulation/test_store_migration.py"],
    "simulation/design/stopping": REPLICATES,
    "simulation/estimates/controls": REPLICATES,
    "simulation/estimates/statistic": [*DIFFERENCES[:1], "tests/simulation/test_estimate.py"],
    "simulation/laws/streams": ["tests/simulation/test_seeds.py", *FLAGS[1:]],
}
"""What refuses, flags, judges and keeps."""

PLAN = {
    **GUARDS,
    "functions/expansions/quadrature": ["tests/functions/test_quadrature.py"],
    "functions/expansions/rigorous_quadrature": ["tests/functions/test_quadrature_bounds.py"],
    "equations/rational_functions": ["tests/equations/test_rational_functions.py"],
    "solvers/krawczyk": SOLVERS[1:2],
    "solvers/contraction": SOLVERS,
    "solvers/proof": ["tests/solvers/test_proof_accepts.py", *SOLVERS[1:]],
    "solvers/enclosure": SOLVERS[:1],
    "solvers/accuracy": SOLVERS[:1],
    "solvers/branch": ["tests/solvers/test_branch.py"],
    "lowering/balls": ["tests/lowering/test_balls.py", "tests/solvers/test_contraction.py"],
    **{
        f"transforms/algebra/{name}": ALGEBRA
        for name in ("algebraic", "buchberger", "elimination", "engines", "flint_adapter", "identities",
                     "physical_solutions", "polynomials", "subresultants", "sympy_adapter", "triangular")
    },
    **{
        f"transforms/algebra/{name}": ["tests/transforms/test_exact_algebra.py"]
        for name in ("certificates", "irreducibility", "real_roots")
    },
    "transforms/algebra/membership": [
        "tests/transforms/test_exact_algebra.py",
        "tests/transforms/test_elimination.py::test_combinations_are_in_the_ideal",
        "tests/transforms/test_elimination.py::test_membership_is_decided_by_buchberger_where_division_is_not_enough",
        "tests/transforms/test_elimination.py::test_membership_up_to_what_does_not_vanish",
    ],
    "transforms/limits/uniqueness": ["tests/solvers/test_acceptance.py", "tests/transforms/test_atlas.py"],
}  # fmt: skip
"""Tests by module, the nearest first."""

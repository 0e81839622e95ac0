"""House law: imports go down, files and functions stay small, nothing unsafe is called, everything is documented.

Every exception is listed here by name, with its reason; one that is no longer needed fails too.
"""

import ast
import importlib.metadata
import sys
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1] / "asymptotics"
FILES = sorted(ROOT.rglob("*.py"))
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
MODULES = {
    ("asymptotics." + name.removesuffix(".py").replace("/", ".")).removesuffix(".__init__"): name
    for name in TREES
}

BASE = {"errors", "version"}
FLOORS = {
    "errors": set(),
    "version": set(),
    "equations": BASE,
    "symbolic": BASE | {"equations"},
    "transforms": BASE | {"equations"},
    "lowering": BASE | {"equations"},
    "solvers": BASE | {"equations", "lowering"},
    "functions": BASE,
    "models": BASE | {"functions", "equations", "lowering", "symbolic", "transforms"},
    "simulation": BASE | {"equations", "functions", "models", "symbolic"},
    "prediction": BASE | {"equations", "functions", "models", "solvers", "lowering", "transforms"},
}
FLOORS["report"] = {*FLOORS}
FLOORS["verification"] = {*FLOORS}
FLOORS["cli"] = {*FLOORS, "__init__"}
FLOORS["__init__"] = {"version"}

LIBRARIES = {
    "equations": {"sympy"},
    "symbolic": {"sympy"},
    "transforms": {"sympy"},
    "lowering": {"sympy", "numpy", "mpmath"},
    "solvers": {"numpy", "scipy", "mpmath"},
    "functions": {"sympy", "numpy", "scipy", "mpmath"},
    "models": {"sympy", "numpy", "scipy", "mpmath"},
    "simulation": {"numpy", "scipy", "threadpoolctl"},
    "prediction": {"sympy", "numpy", "mpmath"},
    "report": {"numpy", "scipy"},
    "verification": {"sympy", "numpy", "mpmath"},
    "cli": {"click", "tqdm", "numpy"},
}
LIBRARIES_OF_ONE_FILE = {
    "lowering/balls.py": {"flint": "the arithmetic of proved enclosures"},
    "functions/formulas/enclosures.py": {
        "flint": "certified activation coefficients: balls and rigorous quadrature"
    },
    "prediction/risk.py": {"xarray": "labelled export, an extra"},
    "report/figures.py": {"matplotlib": "names the type it returns"},
    "report/plots.py": {"matplotlib": "draws, an extra"},
    "simulation/design/execution.py": {"tqdm": "the progress bar of replicates"},
    "transforms/algebra/flint_adapter.py": {"flint": "elimination; the one door to its polynomials"},
}
LAZY_IMPORTS = {
    "prediction/risk.py": "xarray is an extra",
    "report/plots.py": "matplotlib is an extra, and slow to load",
}
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "sp.S",
    "S",
    "sp.parse_expr",
    "parse_expr",
    "sp.lambdify",
    "lambdify",
}
FORBIDDEN_CALLS |= {f"pickle.{verb}" for verb in ("load", "loads", "dump", "dumps")}
GLOBAL_PRECISION = {"mp", "mpmath", "mpmath.mp", "ctx", "flint.ctx"}


def room_of(name):
    return name.split("/")[0].removesuffix(".py")


def nodes(*kinds):
    """Every node of the given kinds in the package, with the file it stands in."""
    return [
        (name, node) for name, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, kinds)
    ]


def imports():
    """File and dotted name of every module imported, wherever the import stands."""
    for name, node in nodes(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            yield from ((name, alias.name) for alias in node.names)
        else:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((name, module if module in MODULES else node.module) for module in inside)


def own_imports():
    return [(name, module) for name, module in imports() if module.split(".")[0] == "asymptotics"]


def length(function):
    """Lines of a function without its docstring."""
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = function.body[0].end_lineno - function.body[0].lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_every_room_has_a_floor():
    assert {room_of(name) for name in TREES} <= set(FLOORS)


def test_imports_go_down():
    rooms = [(name, [*module.split("."), "__init__"][1]) for name, module in own_imports()]
    assert [(name, room) for name, room in rooms if room not in FLOORS[room_of(name)] | {room_of(name)}] == []


def test_no_import_loops():
    graph = {name: set() for name in TREES}
    for name, module in own_imports():
        graph[name] |= {MODULES[module]} if module in MODULES else set()
    list(TopologicalSorter(graph).static_order())


def test_libraries():
    allowed = {
        name: LIBRARIES.get(room_of(name), set()) | set(LIBRARIES_OF_ONE_FILE.get(name, ())) for name in TREES
    }
    outside = {"asymptotics", *sys.stdlib_module_names}
    used = [(name, module.split(".")[0]) for name, module in imports()]
    assert [(name, top) for name, top in used if top not in outside | allowed[name]] == []
    excepted = {(name, library) for name, libraries in LIBRARIES_OF_ONE_FILE.items() for library in libraries}
    assert excepted - set(used) == set()


def test_imports_at_the_top():
    lazy = {
        name
        for name, function in nodes(ast.FunctionDef)
        if any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(function))
    }
    # A command loads what it needs, so that --help is immediate.
    assert {name for name in lazy if room_of(name) != "cli"} == set(LAZY_IMPORTS)


def test_files_and_functions_are_small():
    lines = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8").count("\n") for path in FILES}
    assert {name for name, count in lines.items() if count > 400} == set(LONG_FILES)
    assert {f"{name}:{f.name}" for name, f in nodes(ast.FunctionDef) if length(f) > 60} == set(LONG_FUNCTIONS)


def test_nothing_unsafe_is_called():
    calls = [(name, ast.unparse(node.func), node) for name, node in nodes(ast.Call)]
    assert [(name, call) for name, call, _ in calls if call in FORBIDDEN_CALLS] == []
    lenient = [
        (name, ast.unparse(node))
        for name, call, node in calls
        if call in ("sympify", "sp.sympify") and "strict=True" not in ast.unparse(node)
    ]
    assert lenient == []


def test_no_global_precision():
    assigned = [(name, node.targets if isinstance(node, ast.Assign) else [node.target])
                for name, node in nodes(ast.Assign, ast.AugAssign, ast.AnnAssign)]  # fmt: skip
    attributes = [(name, t) for name, targets in assigned for t in targets if isinstance(t, ast.Attribute)]
    assert [name for name, target in attributes if ast.unparse(target.value) in GLOBAL_PRECISION] == []


def test_everything_public_is_documented():
    owners = [*((name, tree) for name, tree in TREES.items()), *nodes(ast.ClassDef)]
    public = [(name, owner) for name, owner in owners if not getattr(owner, "name", "").startswith("_")]
    members = [
        (name, node)
        for name, owner in public
        for node in owner.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    bare = [
        (name, getattr(node, "name", "module"))
        for name, node in public + members
        if not ast.get_docstring(node)
    ]
    assert bare == []


def test_no_other_distribution_provides_this_package():
    owners = importlib.metadata.packages_distributions().get("asymptotics", ["asymptotics-rf"])
    assert set(owners) == {"asymptotics-rf"}

"""House law: imports go down, files and functions stay small, nothing unsafe is called, everything is documented.

Every exception is listed here by name, with its reason; one that is no longer needed fails too.
"""

import ast
import importlib.metadata
import re
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

BASE = {"deprecation", "errors", "printing", "resources", "version"}
FLOORS = {
    "deprecation": set(),
    "errors": set(),
    "printing": set(),
    "resources": {"errors"},
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
FLOORS["analysis"] = FLOORS["prediction"] | {"prediction"}
FLOORS["dynamics"] = FLOORS["prediction"] | {"prediction"}
FLOORS["ensembles"] = FLOORS["dynamics"] | {"dynamics", "symbolic"}
FLOORS["next_order"] = FLOORS["prediction"] | {"prediction", "symbolic"}
FLOORS["losses"] = FLOORS["prediction"] | {"prediction"}
FLOORS["scaling"] = FLOORS["prediction"] | {"prediction"}
FLOORS["report"] = {*FLOORS}
FLOORS["verification"] = {*FLOORS}
FLOORS["papers"] = {*FLOORS}
FLOORS["cli"] = {*FLOORS, "__init__"}
FLOORS["__init__"] = {"version"}
FLOORS["__main__"] = {"cli"}

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
    "analysis": {"sympy", "numpy", "mpmath"},
    "dynamics": {"sympy", "numpy", "scipy", "mpmath"},
    "ensembles": {"sympy", "numpy"},
    "scaling": {"sympy", "numpy"},
    "next_order": {"sympy", "numpy"},
    "losses": {"sympy", "numpy", "scipy"},
    "report": {"numpy", "scipy"},
    "verification": {"sympy", "numpy", "mpmath"},
    "papers": {"numpy", "scipy"},
    "cli": {"click", "tqdm", "numpy"},
}
LIBRARIES_OF_ONE_FILE = {
    "lowering/balls.py": {"flint": "the arithmetic of proved enclosures"},
    "lowering/ball_series.py": {"flint": "power series of balls"},
    "lowering/complex_balls.py": {"flint": "the same at complex ridges"},
    "functions/formulas/enclosures.py": {
        "flint": "certified activation coefficients: balls and rigorous quadrature"
    },
    "prediction/risk_frames.py": {
        "pandas": "a data frame, installed with xarray",
        "xarray": "labelled export, an extra",
    },
    "report/figures.py": {"matplotlib": "names the type it returns"},
    "report/axes.py": {"matplotlib": "names the type it is given"},
    "report/canvas.py": {"matplotlib": "draws, an extra"},
    "report/linearizations.py": {"matplotlib": "names the type it returns"},
    "report/parts_figure.py": {"matplotlib": "names the type it is given"},
    "report/plots.py": {"matplotlib": "names the type it returns"},
    "report/training_figures.py": {"matplotlib": "names the type it returns"},
    "report/scaling_figures.py": {"matplotlib": "names the type it returns"},
    "report/styled_figure.py": {"matplotlib": "is a figure of it; loaded with the first plot"},
    "simulation/design/execution.py": {"tqdm": "the progress bar of replicates"},
    "transforms/algebra/flint_adapter.py": {"flint": "elimination; the one door to its polynomials"},
}
LAZY_IMPORTS = {
    "prediction/risk_frames.py": "xarray and pandas are extras",
    "report/canvas.py": "matplotlib is an extra, and slow to load",
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


# What the rooms above the models never recognise: they ask.
ASKING = {room for room, below in FLOORS.items() if "models" in below}
SIMULATED = {
    "simulation/laws/data.py",
    "simulation/laws/inputs.py",
    "simulation/laws/laws.py",
    "simulation/laws/protocols.py",
    "simulation/laws/sampling.py",
    "simulation/learning/covariates.py",
    "simulation/learning/feature_maps.py",
    "simulation/learning/fits.py",
    "simulation/learning/learners.py",
    "simulation/learning/networks.py",
}
"""Files that define learners and laws of inputs."""
CHARTS = {"wide", "tall"}
SIZES = {"d", "n", "p", "psi1", "psi2", "theta1", "theta2", "kappa1", "kappa2"}
OBSERVABLES = {"test", "bias", "variance", "train", "norm", "norm_per_feature"}


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


def without_parameters(trees):
    """Functions of two or more arguments whose docstring has no *Parameters*, by room and name.

    A method is described once, in one class that has it. Commands describe their options to click.
    """
    found, told = [], set()
    for name, tree in trees.items():
        for owner in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
            inside = getattr(owner, "name", "")
            for node in owner.body:
                if (
                    not isinstance(node, ast.FunctionDef)
                    or node.name.startswith("_")
                    or room_of(name) == "cli"
                ):
                    continue
                words = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                several = sum(word.arg not in ("self", "cls") for word in words) > 1
                if "Parameters\n" in (ast.get_docstring(node) or ""):
                    told |= {node.name} if inside else set()
                elif several and not inside.startswith("_"):
                    found.append((name, inside, node.name))
    return sorted((n, c, f) for n, c, f in found if not (c and f in told))


def test_functions_of_several_arguments_say_what_these_are():
    assert without_parameters(TREES) == []


def test_the_count_sees_what_is_missing_and_nothing_else():
    text = """
def bare(a, b): "One."
def told(a, b):
    \'\'\'Two.

    Parameters
    ----------
    a, b : int
    \'\'\'
def one(a): "Three."
class Base:
    def f(self, a, b):
        \'\'\'Four.

        Parameters
        ----------
        a, b : int
        \'\'\'
class Derived(Base):
    def f(self, a, b): "Five."
    def g(self, a, b): "Six."
"""
    found = without_parameters({"models/a.py": ast.parse(text), "cli/b.py": ast.parse(text)})
    assert found == [("models/a.py", "", "bare"), ("models/a.py", "Derived", "g")]


def classes_in(names):
    return {node.name: name for name, node in nodes(ast.ClassDef) if name in names}


def recognised(node):
    """Names of the classes that an expression or pattern tells a value's kind by."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
        "isinstance",
        "issubclass",
        "register",
    ):
        kinds = node.args[-1:]
    elif isinstance(node, ast.Compare) and re.search(r"\btype\(|__class__", ast.unparse(node)):
        kinds = [node.left, *node.comparators]
    else:
        kinds = [node.cls] if isinstance(node, ast.MatchClass) else []
    return {ast.unparse(part).split(".")[-1] for kind in kinds for part in ast.walk(kind)}


def spelled(tree):
    """Strings that decide something; defaults, and names given beside the value for a message, do not."""
    told = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arguments):
            told |= {
                part for value in (*node.defaults, *node.kw_defaults) if value for part in ast.walk(value)
            }
        elif isinstance(node, ast.AnnAssign):
            told.add(node.value)
        elif isinstance(node, ast.Call) and node.args:
            function, name, *rest = ast.unparse(node.func), *node.args
            own = bool(rest) and ast.unparse(rest[0]).split(".")[-1] == getattr(name, "value", None)
            told |= {name} if own or function in ("InputError", "ShapeError") else set()
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told
    }


def test_models_regimes_learners_and_laws_are_asked_not_recognised():
    of_models = classes_in({name for name in TREES if room_of(name) == "models"})
    defined = of_models | classes_in(SIMULATED)
    found = [
        (name, kind)
        for name, node in nodes(ast.Call, ast.Compare, ast.MatchClass)
        for kind in recognised(node) & defined.keys()
        if room_of(name) in ASKING and defined[kind] != name
    ]
    assert found == []
    texts = [(n, text) for n, tree in TREES.items() if room_of(n) in ASKING for text in spelled(tree)]
    assert [(name, text) for name, text in texts if text in defined] == []


def test_the_law_sees_what_it_forbids_and_nothing_else():
    forbidden = (
        "isinstance(x, asy.Model)",
        "type(x) is Model",
        "x.__class__ in (A, Model)",
        "f.register(Model)",
    )
    allowed = ("isinstance(x, float)", "x is Model", "kind(Model)", "f(type(x))")
    for texts, expected in ((forbidden, True), (allowed, False)):
        for text in texts:
            kinds = [recognised(node) for node in ast.walk(ast.parse(text))]
            assert ("Model" in set().union(*kinds)) is expected, text
    tree = ast.parse(
        "def f(c=('test',)):\n    return c == 'wide' or read('n', x.n) or InputError('d', 3) or y['p']"
    )
    assert spelled(tree) == {"wide", "p"}


def test_models_have_no_family():
    """Where one is read a class of that room declares it, and no room that defines models, learners or laws does."""
    fields = [(name, node.target) for name, node in nodes(ast.AnnAssign) if isinstance(node.target, ast.Name)]
    declared = {room_of(name) for name, target in fields if target.id == "family"}
    read = {room_of(name) for name, node in nodes(ast.Attribute) if node.attr == "family"}
    assert read <= declared and not declared & {"models", "simulation", "prediction"}


def test_charts_sizes_and_observables_are_spelled_in_their_room():
    names = CHARTS | SIZES | OBSERVABLES
    found = {n: spelled(tree) & names for n, tree in TREES.items() if room_of(n) in ASKING}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_no_other_distribution_provides_this_package():
    owners = importlib.metadata.packages_distributions().get("asymptotics", ["asymptotics-rf"])
    assert set(owners) == {"asymptotics-rf"}


def test_names_of_test_files_are_unique():
    """Pytest imports them by name: of two with the same one, one would not run."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))

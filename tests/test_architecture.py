"""The house: who may import whom, how large a module may grow, and that every setting is read."""

import ast
import dataclasses
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "ike_ray"

# From the top: a unit imports only from the rows below its own.
LAYERS = [
    {"cli"},
    {"corpus"},
    {"engine"},
    {"in_process"},
    {"pipeline", "results"},
    {"windows"},
    {"cycle", "student"},
    {"motion"},
    {"report", "semantics"},
    {"graph", "network", "spectral", "evaluate", "export"},
    {"refine", "saliency"},
    {"run"},
    {"video", "flow", "datasets", "metrics", "drawn", "settings_file"},
    {"storage", "masks"},
    {"settings", "timing", "ahead", "profiling", "precision", "device"},
    {"records", "config"},
    {"errors", "version"},
]
ROW = {unit: row for row, units in enumerate(LAYERS) for unit in units}
KNOW_RAY = {"corpus", "engine"}
CATCHES_EVERYTHING = PACKAGE / "engine" / "process.py"  # an item costs its own row there, never the run
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 60
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@cache
def read_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def list_imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def walk_outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Go through what runs when a module is imported. What stands under `if TYPE_CHECKING:` does not."""
    yield node
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    if not is_function and not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
        for child in ast.iter_child_nodes(node):
            yield from walk_outside_functions(child)


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    """The name under which a module is imported; that of a package is the name of its folder."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_unit_has_a_row() -> None:
    assert {unit_of(path) for path in MODULES} == set(ROW)


def test_imports_point_downwards() -> None:
    wrong = []
    for path in MODULES:
        for name in list_imports(ast.walk(read_tree(path))):
            is_own = name.startswith("ike_ray.")
            own, other = unit_of(path), name.split(".")[1] if is_own else ""
            if name.startswith(".") or (is_own and other != own and ROW[other] <= ROW[own]):
                wrong.append(f"{path} imports {name}")
    assert not wrong


def test_no_modules_import_each_other() -> None:
    """Inside a package as well: which of two modules is the lower one has to be known. Imports in functions do not count."""
    paths = {name_of(path): path for path in MODULES}
    needs: dict[str, set[str]] = {}
    for name, path in paths.items():
        found = list_imports(walk_outside_functions(read_tree(path)))
        parents = (own if own in paths else own.rpartition(".")[0] for own in found)
        needs[name] = {parent for parent in parents if parent in paths}
    # A module that needs nothing left is taken away, then those that needed only it, and so on: what stays is in a circle.
    while free := {name for name, others in needs.items() if not others & needs.keys()}:
        needs = {name: others for name, others in needs.items() if name not in free}
    assert not {name: sorted(others & needs.keys()) for name, others in needs.items()}


def test_only_corpus_and_engine_know_ray() -> None:
    wrong = [
        f"{path} imports {name}"
        for path in MODULES
        for name in list_imports(ast.walk(read_tree(path)))
        if name.split(".")[0] == "ray" and unit_of(path) not in KNOW_RAY
    ]
    assert not wrong


def test_modules_and_functions_stay_small() -> None:
    wrong = []
    for path in MODULES:
        num_lines = len(path.read_text().splitlines())
        if num_lines > MOST_LINES:
            wrong.append(f"{path} has {num_lines} lines")
        for node in ast.walk(read_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                length = (node.end_lineno or 0) - first.lineno + 1
                if length > MOST_LINES_OF_A_FUNCTION:
                    wrong.append(f"{path}: {node.name} has {length} lines")
    assert not wrong


def test_broad_exceptions_are_caught_in_one_place() -> None:
    places = [path for path in MODULES if "except Exception" in path.read_text() or "except:" in path.read_text()]
    assert places == [CATCHES_EVERYTHING]


def test_every_package_says_what_it_is_for() -> None:
    said = {path: " ".join((ast.get_docstring(read_tree(path)) or "").split()) for path in PACKAGE.glob("*/__init__.py")}
    assert not [path for path, words in said.items() if "belong here" not in words and "belongs here" not in words]


def list_settings() -> Iterator[tuple[str, str]]:
    """Every record of `config` and every field of it."""
    for path in sorted((PACKAGE / "config").glob("*.py")):
        for name, value in vars(import_module(name_of(path))).items():
            if dataclasses.is_dataclass(value) and getattr(value, "__module__", "") == name_of(path):
                yield from ((name, field.name) for field in dataclasses.fields(value))


def list_read_names(paths: list[Path]) -> set[str]:
    """The attributes that these modules read, of whatever object."""
    nodes = (node for path in paths for node in ast.walk(read_tree(path)))
    return {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}


def test_every_setting_is_read() -> None:
    """A setting that nothing outside `config` reads changes nothing, whatever a user sets it to."""
    read = list_read_names([path for path in MODULES if unit_of(path) != "config"])
    settings = list(list_settings())
    assert settings
    assert not [f"{record}.{name}" for record, name in settings if name not in read]

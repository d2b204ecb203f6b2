"""The house: who may import whom, and how large a module may grow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ike_ray"

# From the top: a unit imports only from the rows below its own.
LAYERS = [
    {"cli"},
    {"corpus"},
    {"segment", "results"},
    {"windows"},
    {"cycle", "student"},
    {"motion"},
    {"report", "semantics"},
    {"graph", "network", "refine", "spectral", "saliency", "evaluate", "export"},
    {"video", "flow", "datasets", "metrics", "drawn"},
    {"storage", "masks"},
    {"settings", "timing", "profiling", "precision"},
    {"records", "config"},
    {"errors"},
]
ROW = {unit: row for row, units in enumerate(LAYERS) for unit in units}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def list_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_unit_has_a_row() -> None:
    assert {unit_of(path) for path in MODULES} == set(ROW)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    own = unit_of(path)
    for name in list_imports(path):
        if name.startswith("ike_ray.") and name != "ike_ray.__version__":
            other = name.split(".")[1]
            assert other == own or ROW[other] > ROW[own], f"{own} must not import {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_corpus_knows_ray(path: Path) -> None:
    if unit_of(path) != "corpus":
        assert not [name for name in list_imports(path) if name.split(".")[0] == "ray"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            length = (node.end_lineno or 0) - first.lineno + 1
            assert length <= 60, f"{node.name} has {length} lines"


def test_broad_exceptions_are_caught_in_one_place() -> None:
    places = [path for path in MODULES if "except Exception" in path.read_text() or "except:" in path.read_text()]
    assert places == [PACKAGE / "corpus" / "process.py"]


def test_every_package_says_what_it_is_for() -> None:
    for path in PACKAGE.glob("*/__init__.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
        assert "What does not belong here" in " ".join(docstring.split()), path

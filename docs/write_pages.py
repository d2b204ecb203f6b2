"""Writes the pages that are made from the code: `python docs/write_pages.py`. A test fails where they are stale."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pyarrow as pa

from ike_ray.cli.settings import describe_settings
from ike_ray.config import Job, SemanticsConfig, choose_run_config
from ike_ray.datasets.open import list_descriptions
from ike_ray.datasets.page import render_index, render_page
from ike_ray.storage.semantics import CLUSTER_SCHEMA, DESCRIPTOR_SCHEMA, LABEL_SCHEMA
from ike_ray.storage.tables import ASKED_SCHEMA, FRAME_SCHEMA, MEANING, OUTCOME_SCHEMA

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "ike_ray"
# From what a caller needs first to what only the program itself calls; `cli` and `corpus` are for the command line.
UNITS = (
    *(
        "results",
        "settings",
        "segment",
        "records",
        "errors",
        "video",
        "flow",
        "saliency",
        "graph",
        "motion",
        "drawn",
        "network",
        "cycle",
        "windows",
        "spectral",
        "student",
        "semantics",
    ),
    *("refine", "masks", "export", "metrics", "datasets", "evaluate", "report", "storage"),
)


def main() -> None:
    """Writes all pages."""
    for name, text in render_pages().items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def render_pages() -> dict[str, str]:
    """Each page's path below docs/ and its text."""
    descriptions = list_descriptions()
    datasets = {f"datasets/{entry.name}.md": render_page(entry) for entry in descriptions}
    own = {"schema.md": render_schema(), "settings.md": render_all_settings(), "api.md": render_api()}
    return own | datasets | {"datasets/README.md": render_index(descriptions)}


def render_schema() -> str:
    """The columns of a run's Parquet files."""
    tables = {
        "`manifest.parquet`: what was asked for, one row a video": ASKED_SCHEMA,
        "`outcomes/*.parquet`: what became of it, one row a video": OUTCOME_SCHEMA,
        "`frames/*.parquet`: the masks, one row a frame": FRAME_SCHEMA,
        "`descriptors/*.parquet`, by `ike-ray semantics`: one row a region, or a video that has none": DESCRIPTOR_SCHEMA,
        "`semantics/labels.parquet`: one row a region and seed": LABEL_SCHEMA,
        "`semantics/clusters.parquet`: one row a cluster": CLUSTER_SCHEMA,
    }
    parts = [
        "# Parquet schema\n",
        "The columns of a run's files. The same words are in the files, as metadata of each column: "
        '`pyarrow.parquet.read_schema(FILE).field("cut").metadata`. A column that may be null says when. '
        "[Results in Python](results.md) shows how to read them.\n",
    ]
    for title, schema in tables.items():
        rows = [f"| {name} | {kind} | {meaning} |" for name, kind, meaning in _list_columns(schema, "")]
        parts += [f"## {title}\n", "| column | type | meaning |\n|---|---|---|", *rows, ""]
    return "\n".join(parts)


def _list_columns(fields: pa.Schema | pa.StructType, above: str) -> Iterator[tuple[str, str, str]]:
    """Name, type and meaning of each column; those inside a column follow it."""
    for field in fields:
        meaning = (field.metadata or {}).get(MEANING.encode(), b"").decode()
        inner = field.type.value_type if pa.types.is_list(field.type) else field.type
        is_nested = pa.types.is_struct(inner)
        kind = str(field.type) if not is_nested else "list of records" if inner is not field.type else "record"
        yield f"`{above}{field.name}`", kind, meaning
        if is_nested:
            yield from _list_columns(inner, f"{above}{field.name}.")


def render_all_settings() -> str:
    """Every setting with its default and what it is for."""
    head = (
        "# Settings\n\nWhat `ike-ray settings JOB` prints: every setting, its default and what it is for. A file given with\n"
        "`--config` says what differs, `--set section.key=value` changes one more.\n"
    )
    jobs = {job: choose_run_config(job)() for job in get_args(Job)} | {"semantics": SemanticsConfig()}
    blocks = [
        f"\n## ike-ray {job}\n\n```yaml\n{chr(10).join(describe_settings(own)).strip()}\n```\n" for job, own in jobs.items()
    ]
    return head + "".join(blocks)


def render_api() -> str:
    """Every public function and class, by the docstrings."""
    parts = [
        "# API\n",
        "Made from the docstrings. `ike_ray.load` reads a run, `ike_ray.segment.segment_video` segments one video. "
        "The letters in array shapes and the glossary are in [records](#ike_rayrecords).\n",
    ]
    for unit in UNITS:
        folder = PACKAGE / unit
        paths = sorted(folder.glob("*.py")) if folder.is_dir() else [PACKAGE / f"{unit}.py"]
        for path in paths:
            parts += _render_module(path)
    return "\n".join(parts)


def _render_module(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    entries = [entry for node in tree.body for entry in _render_definition(node, "")]
    return [f"## {name}\n", f"{ast.get_docstring(tree)}\n", *entries] if entries or path.name == "__init__.py" else []


def _render_definition(node: ast.stmt, owner: str) -> list[str]:
    """A function, or a class with its public methods; nothing for what is private or is neither."""
    if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
        return []
    docstring = inspect.cleandoc(ast.get_docstring(node) or "")
    if isinstance(node, ast.FunctionDef):
        returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return [f"```python\n{owner}{node.name}({ast.unparse(node.args)}){returned}\n```\n", f"{docstring}\n"]
    fields = [f"    {ast.unparse(inner)}" for inner in node.body if isinstance(inner, ast.AnnAssign)]
    inside = [entry for inner in node.body for entry in _render_definition(inner, f"{node.name}.")]
    return ["\n".join([f"```python\nclass {node.name}", *fields, "```\n"]), f"{docstring}\n", *inside]


if __name__ == "__main__":
    main()

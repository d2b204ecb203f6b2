"""Writes the pages that are made from the code: `python docs/write_pages.py`. A test fails where they are stale."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ike_ray.cli.settings import describe_settings
from ike_ray.corpus.jobs import SETTINGS
from ike_ray.datasets.open import list_descriptions
from ike_ray.datasets.page import render_index, render_page
from ike_ray.run.clusters import CLUSTER_SCHEMA, DESCRIPTOR_SCHEMA, LABEL_SCHEMA
from ike_ray.run.tables import ASKED_SCHEMA, FRAME_SCHEMA, MEANING, OUTCOME_SCHEMA

DOCS = Path(__file__).parent


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
    own = {"schema.md": render_schema(), "settings.md": render_all_settings()}
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
    jobs = {job: kind() for job, kind in SETTINGS.items()}
    blocks = [
        f"\n## ike-ray {job}\n\n```yaml\n{chr(10).join(describe_settings(own)).strip()}\n```\n" for job, own in jobs.items()
    ]
    return head + "".join(blocks)


if __name__ == "__main__":
    main()

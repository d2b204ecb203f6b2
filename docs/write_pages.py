"""The pages that are made from the code, for the build of the documentation and for the page that is committed.

MkDocs calls the hooks at the end, since mkdocs.yml names this file. They add commands, settings and datasets, which only the
build has, and the pages that lie elsewhere in the repository. `python docs/write_pages.py` writes docs/schema.md, which is
committed, and a test fails where that is stale.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pydantic import TypeAdapter

from ike_ray.cli.app import COMMANDS, load_command
from ike_ray.corpus.jobs import SETTINGS
from ike_ray.datasets.open import list_descriptions
from ike_ray.datasets.page import render_index, render_page
from ike_ray.evaluate.write import CLASS_COLUMNS, DATASET_COLUMNS, FRAME_COLUMNS, SEQUENCE_COLUMNS
from ike_ray.run.clusters import CLUSTER_SCHEMA, DESCRIPTOR_SCHEMA, LABEL_SCHEMA
from ike_ray.run.reviews import REVIEW_SCHEMA
from ike_ray.run.tables import ASKED_SCHEMA, FRAME_SCHEMA, MEANING, OUTCOME_SCHEMA
from ike_ray.settings import config_values
from ike_ray.student.model_folder import PROGRESS_SCHEMA
from ike_ray.student.videos import VIDEOS_SCHEMA

DOCS = Path(__file__).parent
REPOSITORY = DOCS.parent
# Pages outside of docs/, which keep their places in the build.
ELSEWHERE = ["benchmarks/results/*.md", "benchmarks/experiments/*.md", "ike_ray/motion/weights.md", "CONTRIBUTING.md"]
ELSEWHERE += ["CHANGELOG.md", "SECURITY.md"]
_LINK = re.compile(r"(\]\()([^)#:]+)((?:#[^)]*)?\))")


def main() -> None:
    """Writes the page that is committed."""
    for name, text in render_pages().items():
        (DOCS / name).write_text(text)


def render_pages() -> dict[str, str]:
    """The path below docs/ and the text of each page that is committed."""
    return {"schema.md": render_schema()}


def render_built_pages() -> dict[str, str]:
    """The path and the text of each page that only the build has."""
    descriptions = list_descriptions()
    datasets = {f"datasets/{entry.name}.md": render_page(entry) for entry in descriptions}
    own = {"reference/commands.md": render_commands(), "reference/settings.md": render_settings()}
    return own | datasets | {"datasets/index.md": render_index(descriptions)}


def render_schema() -> str:
    """The columns of a run's Parquet files."""
    tables = {
        "`manifest.parquet`: what was asked for, one row a video": ASKED_SCHEMA,
        "`outcomes/*.parquet`: what became of it, one row a video": OUTCOME_SCHEMA,
        "`frames/*.parquet`: the masks, one row a frame": FRAME_SCHEMA,
        "`descriptors/*.parquet`, by `ike-ray semantics`: one row a region, or a video that has none": DESCRIPTOR_SCHEMA,
        "`semantics/labels.parquet`: one row a region and seed": LABEL_SCHEMA,
        "`semantics/clusters.parquet`: one row a cluster": CLUSTER_SCHEMA,
        "`metrics/frames.parquet`, by `ike-ray evaluate`: one row a scored frame": pa.schema(FRAME_COLUMNS),
        "`metrics/sequences.parquet`: one row a sequence": pa.schema(SEQUENCE_COLUMNS),
        "`metrics/classes.parquet`: one row a class": pa.schema(CLASS_COLUMNS),
        "`metrics/dataset.parquet`: one row": pa.schema(DATASET_COLUMNS),
        "`MODEL/videos.parquet`, by `ike-ray train`: what the student learns from, one row a video": VIDEOS_SCHEMA,
        "`MODEL/progress.parquet`: how the training went, one row a report": PROGRESS_SCHEMA,
        "`reviews.parquet`, by `ike-ray review`: what a person said of the masks, one row a video": REVIEW_SCHEMA,
    }
    parts = [
        "# Parquet schema\n",
        "The columns of a run's files. The same words are in the files, as metadata of each column: "
        '`pyarrow.parquet.read_schema(FILE).field("cut").metadata`. A column that may be null says when. '
        "[Results in Python](results.md) shows how to read them.\n",
        "Behind the columns that are listed here, the files in `metrics/` have one for each score of the dataset's protocol. "
        "In `frames.parquet` it bears the name of the metric, such as `j`, and in `sequences.parquet` and `classes.parquet` "
        "that of metric and statistic, such as `j_mean`. In `dataset.parquet` it also says what the average is taken over, "
        "such as `j_mean_over_sequences`, and the ends of its 95 % interval follow, `..._low` and `..._high`.\n",
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


def render_commands() -> str:
    """Every command with its arguments and options, as `--help` has them."""
    parts = [
        "# Commands\n",
        "What each command takes, as `ike-ray COMMAND --help` prints it. [How to](../howto/corpus.md) shows them at work.\n",
        "The exit code is 0, 2 for wrong settings or arguments, and 1 for any other error. `ike-ray --verbose COMMAND` logs "
        "what happens in detail, and `ike-ray --version` prints the version.\n",
    ]
    for name in COMMANDS:
        command = load_command(name)
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        words = [param.metavar if param.required else f"[{param.metavar}]" for param in arguments]
        usage = " ".join(["ike-ray", name, *words, "[OPTIONS]"])
        rows = [f"| {_name_parameter(param)} | {_say_default(param)} | {_escape(param.help)} |" for param in command.params]
        parts += [
            f"## ike-ray {name}\n",
            f"{command.help}\n",
            f"```text\n{usage}\n```\n",
            *(["| | default | |\n|---|---|---|", *rows, ""] if rows else []),
        ]
    return "\n".join(parts)


def _name_parameter(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{param.metavar}`"
    metavar = "" if getattr(param, "is_flag", False) else f" {param.metavar or 'VALUE'}"
    return f"`{param.opts[0]}{metavar}`"


def _say_default(param: Any) -> str:
    if param.required:
        return "required"
    return "" if param.default in (None, False, ()) else f"`{getattr(param.default, 'value', param.default)}`"


def render_settings() -> str:
    """Every setting of every job with its default and what it is for, a table for each section."""
    parts = [
        "# Settings\n",
        "What `ike-ray settings COMMAND` prints: every setting, its default and what it is for. A file given with `--config` "
        "says what differs, and `--set section.key=value` changes one more. An unknown key is an error that names the "
        "nearest known one.\n",
    ]
    for job, kind in SETTINGS.items():
        schema, config = TypeAdapter(kind).json_schema(), kind()
        parts += [f"## ike-ray {job}\n", *_render_section(schema, schema["$defs"], config, config_values(config), "")]
    return "\n".join(parts)


def _render_section(
    schema: dict[str, Any], sections: dict[str, Any], config: Any, values: dict[str, Any], above: str
) -> Iterator[str]:
    rows, below = [], []
    for name, field in schema["properties"].items():
        section = sections.get(field.get("$ref", "").rpartition("/")[2])
        if section is not None and is_dataclass(getattr(config, name)):
            title = f"### `{above}{name}`\n" if not above else f"#### `{above}{name}`\n"
            below += [title, f"{section['description']}\n"]
            below += _render_section(section, sections, getattr(config, name), values[name], f"{above}{name}.")
        else:
            default = yaml.safe_dump(values[name], default_flow_style=True).removesuffix("...\n").strip()
            rows.append(f"| `{above}{name}` | `{default}` | {_escape(field.get('description', ''))} |")
    if rows:
        yield from ("| setting | default | what it is for |\n|---|---|---|", *rows, "")
    yield from below


def _escape(text: str) -> str:
    """The text as one cell of a table: in a line, and no markup but that between backticks."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    return "`".join(part if index % 2 else part.replace("<", "&lt;") for index, part in enumerate(parts))


def _name_experiment(page: str) -> str:
    date, question = Path(page).stem[:10], Path(page).stem[11:]
    return f"{date} {question.replace('-', ' ')}"


def list_pages_elsewhere() -> list[str]:
    """The pages outside of docs/ that the build has, as paths in the repository."""
    found = (path for pattern in ELSEWHERE for path in sorted(REPOSITORY.glob(pattern)))
    return [path.relative_to(REPOSITORY).as_posix() for path in found]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """An entry of the navigation that ends in a slash stands for all pages of that folder, which the build alone has."""
    places = [*render_built_pages(), *list_pages_elsewhere()]

    def expand(entry: Any) -> Any:
        if isinstance(entry, dict):
            return {title: expand(below) for title, below in entry.items()}
        if isinstance(entry, list):
            return [expand(below) for below in entry]
        if not entry.endswith("/"):
            return entry
        pages = [place for place in places if place.startswith(entry)]
        first = [page for page in pages if page.endswith(("/index.md", "/README.md"))]
        others = [page for page in pages if page not in first]
        # The headline of an experiment is its verdict, a whole sentence: its name has the question.
        is_named = entry.startswith("benchmarks/experiments")
        return first + [{_name_experiment(page): page} if is_named else page for page in others]

    config.nav = expand(config.nav)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made from the code, and those that lie elsewhere in the repository."""
    for place, text in render_built_pages().items():
        files.append(File.generated(config, place, content=text))
    for place in list_pages_elsewhere():
        files.append(File.generated(config, place, abs_src_path=str(REPOSITORY / place)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links lead through the repository; in the build, what is below docs/ lies beside the other pages."""
    place = page.file.src_uri
    is_elsewhere = place in list_pages_elsewhere()
    folder = posixpath.dirname(place if is_elsewhere else f"docs/{place}")

    def move(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, match[2])).removeprefix("docs/")
        return f"{match[1]}{posixpath.relpath(target, posixpath.dirname(place) or '.')}{match[3]}"

    return _LINK.sub(move, markdown)


if __name__ == "__main__":
    main()

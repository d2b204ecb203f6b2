"""`ike-ray settings`, and the options that every command with settings has."""

import textwrap
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Annotated, Any

import typer
import yaml
from pydantic import TypeAdapter

from ike_ray.corpus.jobs import FILLING_JOBS, SETTINGS
from ike_ray.errors import ConfigError
from ike_ray.settings import config_values
from ike_ray.settings_file import list_shipped, read_settings_file


def _complete_names(incomplete: str) -> list[tuple[str, str]]:
    return [(entry.name, entry.about) for entry in list_shipped() if entry.name.startswith(incomplete)]


ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="NAME|FILE",
        help="Settings by name, such as fast (`ike-ray settings --list` has all), or a YAML file.",
        autocompletion=_complete_names,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="A.B=VALUE", help="One setting, over the file: --set graph.saliency_stride=10. Repeat for more."
    ),
]
RetryOption = Annotated[bool, typer.Option("--retry-failed", help="Take those again that failed or were skipped.")]
ProfileOption = Annotated[
    bool,
    typer.Option("--profile", help="Also write processor time and peak memory of each stage; the report shows them."),
]

JobOption = Annotated[
    str, typer.Option("--job", metavar="JOB", help=f"Its command: {', '.join(job.name for job in FILLING_JOBS)}.")
]


def settings(
    job: Annotated[str, typer.Argument(metavar="COMMAND", help=f"Whose settings: {', '.join(SETTINGS)}.")] = "segment",
    config_file: ConfigOption = None,
    changes: SetOption = None,
    is_list: Annotated[bool, typer.Option("--list", help="List the settings that come with the program.")] = False,
) -> None:
    """Print every setting of a job with its value and what it is for, as YAML that --config takes.

    With --list, print the names that --config takes instead, each with the first line of its file.
    """
    if is_list:
        shipped = list_shipped()
        width = max((len(entry.name) for entry in shipped), default=0)
        typer.echo("\n".join(f"{entry.name:{width}}  {entry.about}" for entry in shipped))
        return
    if job not in SETTINGS:
        raise ConfigError(f"there is no command {job!r} with settings: expected one of {', '.join(SETTINGS)}")
    typer.echo("\n".join(describe_settings(read_settings_file(SETTINGS[job], config_file, changes))))


def describe_settings(config: Any) -> Iterator[str]:
    """Yield lines of YAML: every setting with its value, and above it what it is for."""
    schema = TypeAdapter(type(config)).json_schema()
    return _describe_section(schema, schema["$defs"], config, config_values(config), "")


def _describe_section(
    schema: dict[str, Any], sections: dict[str, Any], config: Any, values: dict[str, Any], indent: str
) -> Iterator[str]:
    for name, field in schema["properties"].items():
        section = sections.get(field.get("$ref", "").rpartition("/")[2])
        if section is None or not is_dataclass(getattr(config, name)):
            yield from _describe_field(field.get("description", ""), name, values[name], indent)
            continue
        yield from ("", f"{indent}# {section['description'].splitlines()[0]}", f"{indent}{name}:")
        yield from _describe_section(section, sections, getattr(config, name), values[name], f"{indent}  ")


def _describe_field(description: str, name: str, value: Any, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(
        " ".join(description.split()), 110, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
    )
    yield f"{indent}{name}: {yaml.safe_dump(value, default_flow_style=True).removesuffix('...' + chr(10)).strip()}"

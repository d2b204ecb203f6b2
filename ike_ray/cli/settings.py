"""`ike-ray settings`, and the options that every command with settings has."""

import textwrap
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Annotated, Any, TypeVar

import typer
import yaml
from pydantic import TypeAdapter

from ike_ray.config import Command, Config, choose_config
from ike_ray.settings import config_values, read_settings_of
from ike_ray.storage.files import read_bytes

ConfigOption = Annotated[str | None, typer.Option("--config", help="YAML file of settings, such as configs/fast.yaml.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="A.B=VALUE", help="One setting, over the file: --set graph.reach_frames=10. Repeat for more."
    ),
]


_Config = TypeVar("_Config")


def settings(
    job: Annotated[
        Command, typer.Argument(metavar="JOB", help="Whose settings: segment, spectral or semantics.")
    ] = "segment",
    config_file: ConfigOption = None,
    changes: SetOption = None,
) -> None:
    """Print every setting of a job with its value and what it is for, as YAML that --config takes."""
    typer.echo("\n".join(describe_settings(read_settings_as(choose_config(job), config_file, changes))))


def read_settings(config_file: str | None, changes: list[str] | None) -> Config:
    """The settings of `ike-ray segment`: see `read_settings_as`."""
    return read_settings_as(Config, config_file, changes)


def read_settings_as(kind: type[_Config], config_file: str | None, changes: list[str] | None) -> _Config:
    """The settings of the command line. Raises `ConfigError` like `read_settings_of`, `InputError` where there is no file."""
    text = read_bytes(config_file).decode(errors="replace") if config_file else ""
    return read_settings_of(kind, text, changes or [], source=config_file or "the command line")


def describe_settings(config: Any) -> Iterator[str]:
    """Lines of YAML: every setting with its value, what it is for above it."""
    schema = TypeAdapter(type(config)).json_schema()
    values = config_values(config)
    for name, prop in schema["properties"].items():
        section = schema["$defs"].get(prop.get("$ref", "").rpartition("/")[2])
        if section is None or not is_dataclass(getattr(config, name)):
            yield from _describe_field(prop.get("description", ""), name, values[name], "")
            continue
        yield from ("", f"# {section['description'].splitlines()[0]}", f"{name}:")
        for key, field in section["properties"].items():
            yield from _describe_field(field.get("description", ""), key, values[name][key], "  ")


def _describe_field(description: str, name: str, value: Any, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(
        " ".join(description.split()), 110, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
    )
    yield f"{indent}{name}: {yaml.safe_dump(value, default_flow_style=True).removesuffix('...' + chr(10)).strip()}"

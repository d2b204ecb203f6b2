"""From YAML text and `a.b=value` overrides to one validated record of settings, and back to plain values and a digest."""

import difflib
import hashlib
import json
import reprlib
from collections.abc import Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from ike_ray.config import Config, RunConfig, TrainConfig
from ike_ray.errors import ConfigError

_Config = TypeVar("_Config")

# The sections and single settings that change no mask.
_HARMLESS = ("workers.", "output.", "video.max_", "model", "second_cue.model", "training.report_every_steps")


def read_config(text: str = "", overrides: Sequence[str] = (), *, source: str = "the configuration") -> Config:
    """Return the settings of `ike-ray segment`: see `read_settings_of`."""
    return read_settings_of(Config, text, overrides, source=source)


def read_settings_of(
    kind: type[_Config], text: str = "", overrides: Sequence[str] = (), *, source: str = "the configuration"
) -> _Config:
    """Return the settings of `kind`, a record of `config`, from YAML `text` and then each `section.key=value` of `overrides`.

    Raises `ConfigError` on text that is not a YAML mapping, an unknown key (naming the nearest known one), a value of the
    wrong type or out of range, or an override without `=`.
    """
    values = _read_yaml(text, source) or {}
    if not isinstance(values, dict):
        raise ConfigError(
            f"{source} should hold a mapping of settings such as `workers: {{num_cpus: 2}}`, found: {_show(values)}"
        )
    for override in overrides:
        _apply_override(values, override)
    return build_config(kind, values, source=source)


def build_config(kind: type[_Config], values: dict[str, Any], *, source: str = "the configuration") -> _Config:
    """Return the settings of `kind` from nested plain values, as `config_values` returns them.

    Raises `ConfigError` like `read_settings_of`.
    """
    _check_keys(values, kind, "", source)
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in found['loc']) or '(all)'}: {found['msg']}, found {_show(found['input'])}"
            for found in error.errors()
        ]
        raise ConfigError(f"{source} has settings that cannot be used:\n" + "\n".join(lines)) from error


def config_values(config: Any) -> dict[str, Any]:
    """Return the settings as nested plain values (lists for tuples), which YAML and JSON hold and `build_config` reads."""
    return json.loads(json.dumps(asdict(config)))


def config_digest(config: RunConfig | TrainConfig) -> str:
    """Return 12 hexadecimal digits that change with every setting that can change a mask, and with no other."""
    return hashlib.sha256(json.dumps(_mask_settings(config), sort_keys=True).encode()).hexdigest()[:12]


def list_differences(config: RunConfig | TrainConfig, other: RunConfig | TrainConfig) -> list[str]:
    """Return `section.key: value -> other's value` for each setting that can change a mask and differs between the two."""
    mine, theirs = _mask_settings(config), _mask_settings(other)
    if mine["job"] != theirs["job"]:
        return [f"job: {mine['job']} -> {theirs['job']}"]
    return [f"{key}: {mine[key]!r} -> {theirs[key]!r}" for key in mine if mine[key] != theirs[key]]


def _mask_settings(config: RunConfig | TrainConfig) -> dict[str, Any]:
    """Return the settings that can change a mask. A run may be resumed with other workers and outputs.

    Of the workers it only counts whether they compute on a GPU, which has other arithmetic. `max_frames`, `max_staged_gb` and
    `max_image_px` only decide whether a video is skipped. A student is known by its weights, not by its place. URIs count
    without credentials, which change from day to day.
    """
    values = _flatten(config_values(config))
    kept = {key: value for key, value in values.items() if not key.startswith(_HARMLESS)}
    return kept | {"job": config.job, "workers.num_gpus > 0": config.workers.num_gpus > 0}


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _read_yaml(text: str, source: str) -> Any:
    """Return the plain values of a text. Raises `ConfigError` if it is no YAML, or nests too deeply to be settings."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not YAML: {error}") from error
    except RecursionError as error:
        raise ConfigError(
            f"{source} is not YAML that can be read: expected sections and values, found brackets in brackets in brackets. "
            "Write it again"
        ) from error
    except ValueError as error:  # such as a date that does not exist or a number of thousands of digits
        raise ConfigError(f"{source} is not YAML that can be read: {error}. Put that value into quotes") from error


def _show(value: object) -> str:
    """Return a value as it is written, or the beginning of a large one: a few lines of YAML can stand for gigabytes."""
    shown = reprlib.Repr()
    shown.maxlevel, shown.maxstring, shown.maxother = 2, 200, 200
    return shown.repr(value)


def _apply_override(values: dict[str, Any], override: str) -> None:
    path, separator, text = override.partition("=")
    if not separator or not path.strip():
        raise ConfigError(f"--set {override!r}: expected section.key=value, for example --set graph.saliency_stride=10")
    *sections, key = path.strip().split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {override!r}: {section!r} is a single value, not a section")
    values[key] = _read_yaml(text, f"--set {_show(override)}: the value")


def _check_keys(values: dict[str, Any], kind: Any, prefix: str, source: str) -> None:
    names = [field.name for field in fields(kind)]
    for key, value in values.items():
        if key not in names:
            nearest = difflib.get_close_matches(str(key), names, n=1, cutoff=0.0)[0]
            raise ConfigError(
                f"{source}: unknown setting {prefix}{key}. The nearest known one is {prefix}{nearest}; "
                f"{'here' if prefix else 'at the top level'} there are: {', '.join(names)}"
            )
        child = type(getattr(kind, key, None))  # the type of its default, which a section always has
        if is_dataclass(child):
            if not isinstance(value, dict):
                raise ConfigError(f"{source}: {prefix}{key} is a section and should hold a mapping, found {_show(value)}")
            _check_keys(value, child, f"{prefix}{key}.", source)

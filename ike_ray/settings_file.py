"""Settings by the name of a file that comes with the program, such as `fast`, or from a file of one's own."""

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar, cast

import yaml

from ike_ray.errors import ConfigError
from ike_ray.settings import config_values, read_settings_of
from ike_ray.storage.files import has_protocol, is_file, read_bytes

_Config = TypeVar("_Config")
_PACKAGE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class ShippedSettings:
    """A file of settings that comes with the program."""

    name: str
    path: Path
    about: str  # its first line: which command it is for, where, and what it is


def list_shipped() -> list[ShippedSettings]:
    """Return the settings that come with the program, by their names.

    Their one source is the folder `configs` beside the package. An installed package carries a copy of it inside. Raises
    `ConfigError` if there is neither.
    """
    places = (_PACKAGE / "configs", _PACKAGE.parent / "configs")
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        raise ConfigError(
            f"the program came without its settings: expected a folder {places[0]} or {places[1]}, found neither. Install it "
            "again, or give --config the path of a file"
        )
    return [
        ShippedSettings(name=path.stem, path=path, about=path.read_text().partition("\n")[0].removeprefix("#").strip())
        for path in sorted(folder.glob("*.yaml"))
    ]


def locate_settings(named: str) -> str:
    """Return the path or URI of settings: of those that come with the program if `named` is a name, else `named` itself.

    A name is one word: no `/` and no `.` is in it, so `./fast` is a file. Raises `ConfigError`, with the names that there
    are and the nearest of them, if the program comes with no settings of that name. If `named` is a file that is not there
    and whose name is that of shipped settings, it says so too.
    """
    if not _is_name(named) and (has_protocol(named) or is_file(named)):
        return named
    shipped = {entry.name: str(entry.path) for entry in list_shipped()}
    if _is_name(named):
        if named not in shipped:
            (nearest,) = difflib.get_close_matches(named, shipped, n=1, cutoff=0.0)
            raise ConfigError(
                f"there are no settings {named!r}: expected one of {', '.join(shipped)}, or the path of a file, such as "
                f"./{named}.yaml. The nearest name is {nearest}"
            )
        return shipped[named]
    stem = PurePosixPath(named).stem
    if stem in shipped:
        raise ConfigError(
            f"there is no file of settings at {named}: expected a path. The program comes with settings of that name: "
            f"--config {stem}"
        )
    return named


def resolve_settings(kind: type[_Config], given: str | os.PathLike[str] | _Config, changes: Sequence[str] = ()) -> _Config:
    """Return the settings that a caller in Python gives: a record as it is, or what `read_settings_file` makes of the others.

    `changes` apply to all of them. Raises like `read_settings_file`.
    """
    if not isinstance(given, kind):
        return read_settings_file(kind, os.fspath(cast(str, given)), changes)
    return read_settings_of(kind, yaml.safe_dump(config_values(given)), changes) if changes else given


def _is_name(named: str) -> bool:
    """Whether it is a name, not the path of a file."""
    return not any(sign in named for sign in "/\\.")


def read_settings_file(kind: type[_Config], named: str | None, changes: Sequence[str] | None = None) -> _Config:
    """Return the settings of `kind`, a record of `config`: those of the file with `changes`, each `section.key=value`.

    `named` is a name, a path or a URI: see `locate_settings`. If it is None, they are the defaults with the changes. Raises
    `ConfigError` like `locate_settings` and `read_settings_of`, and `InputError` if there is no such file.
    """
    if named is None:
        return read_settings_of(kind, "", changes or (), source="the command line")
    return read_settings_of(kind, read_bytes(locate_settings(named)).decode(errors="replace"), changes or (), source=named)

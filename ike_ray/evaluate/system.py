"""A system that is scored: its name, where its masks are, and which human labels it saw."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ike_ray.errors import ConfigError
from ike_ray.evaluate.predictions import is_run
from ike_ray.storage.files import read_path, safe_name

# none         The system saw no label that a person made, of anything.
# pretraining  A part of it was trained before on labels of other things, such as the classes of photographs.
# masks        It learned from masks of objects that people drew.
# unknown      Nobody said.
Supervision = Literal["none", "pretraining", "masks", "unknown"]
SUPERVISIONS: tuple[Supervision, ...] = get_args(Supervision)


@dataclass(frozen=True, kw_only=True)
class System:
    """A run of ours, or any system's folder of PNG files."""

    label: str  # its name in tables and of its folder
    uri: str
    supervision: Supervision


def list_systems(sources: Sequence[str], supervisions: Sequence[str] = ()) -> list[System]:
    """Return the systems that `PATH` or `LABEL=PATH` name. Without a label the last part of the path is the label.

    Text before a `=` is a label unless it has a `/` in it. `supervisions` has texts such as `LABEL=none`. A run of ours saw
    no label, and what a folder's system saw is unknown unless it is stated. Raises `ConfigError` if two systems share a label
    or a folder, or if a supervision is unknown or is stated for no system.
    """
    named = [_split_source(source) for source in sources]
    folders = Counter(safe_name(label) for label, _ in named)
    doubled = [label for label, _ in named if folders[safe_name(label)] > 1]
    if doubled:
        raise ConfigError(
            f"several systems are called {doubled[0]!r}: expected a label of its own for each. Name them with LABEL=PATH"
        )
    stated = dict(_split_supervision(text) for text in supervisions)
    for label, kind in stated.items():
        if label not in dict(named):
            nearest = difflib.get_close_matches(label, [name for name, _ in named], n=1, cutoff=0.0)[0]
            raise ConfigError(
                f"--supervision {label}={kind}: there is no system {label!r}. The nearest is {nearest!r}; there are: "
                f"{', '.join(name for name, _ in named)}"
            )
    return [_build_system(label, uri, stated.get(label)) for label, uri in named]


def _split_source(source: str) -> tuple[str, str]:
    label, separator, path = source.partition("=")
    if not separator or "/" in label:
        label, path = "", source
    if not path:
        raise ConfigError(f"{source!r} names no folder: expected PATH or LABEL=PATH")
    uri = read_path(path)
    return label.strip() or uri.rstrip("/").rpartition("/")[2], uri


def _split_supervision(text: str) -> tuple[str, Supervision]:
    label, _, found = text.rpartition("=")
    for supervision in SUPERVISIONS:
        if supervision == found and label:
            return label, supervision
    raise ConfigError(f"--supervision {text!r}: expected LABEL=KIND, where KIND is one of {', '.join(SUPERVISIONS)}")


def _build_system(label: str, uri: str, stated: Supervision | None) -> System:
    if not is_run(uri):
        return System(label=label, uri=uri, supervision=stated or "unknown")
    if stated not in (None, "none"):
        raise ConfigError(f"--supervision {label}={stated}: {uri} is a run of ike_ray, which saw no label. Leave it out")
    return System(label=label, uri=uri, supervision="none")

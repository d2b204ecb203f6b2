"""What the engine carries: a job, the items that it is carried over, and where their outcomes go."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from ike_ray.config import WorkersConfig
from ike_ray.errors import IkeRayError
from ike_ray.run.folder import RunFolder

SignOfLife = Callable[[], None]
# What a job says of one item: the columns of its outcome, or the error with which it fails.
Answer = dict[str, Any] | IkeRayError
Process = Callable[[Sequence[Any], SignOfLife], Sequence[Answer]]

# These columns of each outcome go back to the driver. They are numbers and words, and no masks.
PROGRESS_COLUMNS = ("video_id", "uri", "status", "error_type", "error_message", "warning", "frames", "seconds")
_Item = TypeVar("_Item")
# Each worker takes at least this many groups, smaller ones if need be, so that all workers end at about the same time.
_GROUPS_A_WORKER = 4


@runtime_checkable
class Item(Protocol):
    """A picklable record that a job works on. Its id is unique in the list."""

    @property
    def video_id(self) -> str:
        """Return the name that its outcome bears."""
        ...

    @property
    def uri(self) -> str:
        """Return where it is."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How the work on an item ended: the columns that the job answered, or those that say why there is no answer."""

    columns: dict[str, Any]
    tries: int
    losses: int  # the tries whose process was killed from outside, or with its machine
    elapsed_s: float


@runtime_checkable
class Outcomes(Protocol):
    """Where the outcomes of a job go. It is picklable, and each worker has one."""

    @property
    def run(self) -> RunFolder:
        """Return the folder that holds the notes of tries."""
        ...

    def check_is_seen(self) -> None:
        """Raise `ConfigError` if this machine does not see what the outcomes are written to."""
        ...

    def read(self, item: Any) -> dict[str, Any] | None:
        """Return the outcome that a lost worker has written for the item, or None."""
        ...

    def build(self, item: Any, ending: Ending) -> dict[str, Any]:
        """Return the outcome row of an item, which has at least the `PROGRESS_COLUMNS`."""
        ...

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows that `build` returned. They are the last things written for their items."""
        ...


@runtime_checkable
class Loadable(Protocol):
    """A picklable description of work. A process loads it once, and then works on one group of items in each call."""

    def load(self) -> Process:
        """Return a function of a group that writes all that is kept of its items except their outcomes.

        It returns an answer for each item, and calls its second argument, a sign of life, at least once in each
        `workers.time_limit_s`. If it raises, or its process dies, the items are tried one by one, as groups of one. Raises
        `ConfigError` if the machine lacks what the work needs.
        """
        ...


@runtime_checkable
class Job(Loadable, Protocol):
    """Work that a pool carries over a list of items."""

    @property
    def nouns(self) -> str:
        """Return what a log calls the items, such as videos."""
        ...

    @property
    def workers(self) -> WorkersConfig:
        """Return the pool that carries the job, and the limits of a process."""
        ...

    @property
    def outcomes(self) -> Outcomes:
        """Return where the outcomes go."""
        ...

    def list_groups(self, items: Sequence[Any], num_workers: int) -> list[list[Any]]:
        """Return the items in groups, each of which a worker takes at once: see `split`."""
        ...


def split(items: Sequence[_Item], num_workers: int, most: int = 1) -> list[list[_Item]]:
    """Return neighbouring items in groups of at most `most`, and of fewer if the workers would have few groups."""
    size = max(1, min(most, math.ceil(len(items) / (_GROUPS_A_WORKER * num_workers))))
    return [list(items[start : start + size]) for start in range(0, len(items), size)]

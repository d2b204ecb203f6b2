"""What crosses the pipe between a worker and its process, and what stops a run: one record for each kind of message."""

from dataclasses import dataclass
from typing import Any

from ike_ray.errors import IkeRayError, TransientError
from ike_ray.storage.credentials import hide_credentials


@dataclass(frozen=True)
class Ready:
    """The process has loaded the job."""


@dataclass(frozen=True)
class Alive:
    """A sign of life."""


@dataclass(frozen=True)
class Stop:
    """The whole run has to stop: the settings are wrong, the machine lacks what the job needs, or RUN cannot be used."""

    error: IkeRayError


@dataclass(frozen=True)
class Split:
    """A group failed as a whole, and its items are to be tried one by one. A damaged process takes no other item."""

    is_damaged: bool


@dataclass(frozen=True)
class Done:
    """The columns of an item's outcome, of a failed one as well. A damaged process takes no other item."""

    columns: dict[str, Any]
    is_damaged: bool = False


@dataclass(frozen=True)
class Retry:
    """A storage failed: the item is worth another try."""

    error: TransientError


@dataclass(frozen=True)
class Answers:
    """What became of each item of a group."""

    items: tuple[Done | Retry, ...]


Message = Ready | Alive | Stop | Split | Answers


def hide_in_error(error: IkeRayError) -> IkeRayError:
    """Return an error of the same class whose message has no credentials."""
    return type(error)(hide_credentials(str(error)))


def describe_error(status: str, error_type: str, message: str) -> dict[str, Any]:
    """Return the columns of an item that has no answer."""
    return {"status": status, "error_type": error_type, "error_message": hide_credentials(message)}

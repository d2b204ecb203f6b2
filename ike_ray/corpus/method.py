"""What a worker's process does with one video, or with a group of them: the method that a corpus is carried through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ike_ray.config import Config, SpectralRunConfig
from ike_ray.errors import IkeRayError
from ike_ray.records import VideoRef
from ike_ray.storage.run_folder import RunFolder

SignOfLife = Callable[[], None]
Process = Callable[[VideoRef, SignOfLife], dict[str, Any]]
# Of each video its columns, or the error that costs it its row.
Answer = dict[str, Any] | IkeRayError
GroupProcess = Callable[[Sequence[VideoRef], SignOfLife], list[Answer]]


@runtime_checkable
class Method(Protocol):
    """A picklable description of the work: it is sent to the process, which loads it once and then runs it a video a call."""

    def load(self) -> Process:
        """A function of a video that writes all that is kept of it except its outcome row, and returns that row's columns.

        The function calls its second argument, a sign of life, at least once in each `workers.time_limit_s`. Raises
        `ConfigError` where the machine lacks what the work needs.
        """
        ...


@runtime_checkable
class GroupMethod(Protocol):
    """The same for small videos, such as images, of which several are taken at once."""

    @property
    def group_size(self) -> int:
        """Videos of a group at most."""
        ...

    def load_group(self) -> GroupProcess:
        """A function of a group that does for each video what the function of `Method` does, and returns an answer for each.

        Where it raises, or its process dies, the videos are tried one by one, as groups of one.
        """
        ...


def read_group_size(method: Method | GroupMethod) -> int:
    """Videos that a worker takes at once, at most."""
    return method.group_size if isinstance(method, GroupMethod) else 1


def load_process(method: Method | GroupMethod) -> GroupProcess:
    """The method's function of a group. Raises `ConfigError` where the machine lacks what the work needs."""
    if isinstance(method, GroupMethod):
        return method.load_group()
    process = method.load()
    return lambda refs, sign_of_life: [process(ref, sign_of_life) for ref in refs]


@dataclass(frozen=True, kw_only=True)
class SegmentMethod:
    """IKE: see `segment`."""

    run: RunFolder
    config: Config

    def load(self) -> Process:
        """Loads torch, the network's device and the flow estimator's weights, in the process that needs them."""
        from ike_ray.corpus.segment_method import SegmentProcess  # noqa: PLC0415 # torch stays out of the actor's memory

        return SegmentProcess(self.run, self.config)


@dataclass(frozen=True, kw_only=True)
class SpectralMethod:
    """Deep Spectral Methods: see `spectral.segment`."""

    run: RunFolder
    config: SpectralRunConfig

    @property
    def group_size(self) -> int:
        """Images that are read, and written, over many connections at once."""
        return self.config.workers.images_at_once

    def load_group(self) -> GroupProcess:
        """Loads torch and the model's weights, in the process that needs them."""
        from ike_ray.corpus.spectral_method import SpectralProcess  # noqa: PLC0415 # as above

        return SpectralProcess(self.run, self.config)

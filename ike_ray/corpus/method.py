"""What a worker's process does with one video: the method that a corpus is carried through."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ike_ray.config import Config
from ike_ray.records import VideoRef
from ike_ray.storage.run_folder import RunFolder

SignOfLife = Callable[[], None]
Process = Callable[[VideoRef, SignOfLife], dict[str, Any]]


@runtime_checkable
class Method(Protocol):
    """A picklable description of the work: it is sent to the process, which loads it once and then runs it a video a call."""

    def load(self) -> Process:
        """A function of a video that writes all that is kept of it except its outcome row, and returns that row's columns.

        The function calls its second argument, a sign of life, at least once in each `workers.time_limit_s`. Raises
        `ConfigError` where the machine lacks what the work needs.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class SegmentMethod:
    """IKE: see `segment`."""

    run: RunFolder
    config: Config

    def load(self) -> Process:
        """Loads torch, the network's device and the flow estimator's weights, in the process that needs them."""
        from ike_ray.corpus.segment_method import SegmentProcess  # noqa: PLC0415 # torch stays out of the actor's memory

        return SegmentProcess(self.run, self.config)

"""How many seconds each stage of one video takes."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ike_ray.records import STAGES, Stage

_Item = TypeVar("_Item")


class Stopwatch:
    """Sums wall-clock seconds by stage. A stage inside another pauses the outer one, so no second counts twice."""

    def __init__(self, watch: Callable[[Stage | None], None] = lambda stage: None) -> None:
        """Start the clock. `watch` is called at each change of stage with the stage that ends, or None between stages."""
        self._watch = watch
        self.seconds: dict[Stage, float] = dict.fromkeys(STAGES, 0.0)
        self._running: list[Stage] = []
        self._started = self._since = time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the start, in stages and between them."""
        return time.perf_counter() - self._started

    @contextmanager
    def measure(self, stage: Stage) -> Iterator[None]:
        """Count the time inside the `with` block to `stage`."""
        self._settle()
        self._running.append(stage)
        try:
            yield
        finally:
            self._settle()
            self._running.pop()

    def measure_iterator(self, stage: Stage, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yield the same items. The time it takes to make each counts to `stage`."""
        iterator = iter(items)
        while True:
            with self.measure(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def _settle(self) -> None:
        stage = self._running[-1] if self._running else None
        self._watch(stage)
        now = time.perf_counter()
        if stage:
            self.seconds[stage] += now - self._since
        self._since = now

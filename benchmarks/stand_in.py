"""Stands in for a method, to measure what the job itself costs."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ike_ray.corpus.method import Method
from ike_ray.records import VideoRef

SignOfLife = Callable[[], None]


@dataclass(frozen=True)
class Sleeping:
    """Sleeps a fixed time a video and writes nothing."""

    seconds: float

    def load(self) -> Callable[[VideoRef, SignOfLife], dict[str, Any]]:
        """The sleeping function."""
        return self.sleep

    def sleep(self, ref: VideoRef, sign_of_life: SignOfLife) -> dict[str, Any]:
        """Sleeps and says that 30 frames were segmented."""
        time.sleep(self.seconds)
        return {"status": "ok", "frames": 30}


@dataclass(frozen=True)
class Timed:
    """Another method, with a line in `folder` for each video: process, start and end in seconds of the machine's clock."""

    method: Method
    folder: str

    def load(self) -> Callable[[VideoRef, SignOfLife], dict[str, Any]]:
        """The other method's function, timed."""
        process = self.method.load()

        def run(ref: VideoRef, sign_of_life: SignOfLife) -> dict[str, Any]:
            start = time.monotonic()
            columns = process(ref, sign_of_life)
            with (Path(self.folder) / f"{os.getpid()}.txt").open("a") as log:
                log.write(f"{start} {time.monotonic()}\n")
            return columns

        return run

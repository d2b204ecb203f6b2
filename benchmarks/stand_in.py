"""Jobs that stand in for another, to measure what carrying it costs."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ike_ray.config import WorkersConfig
from ike_ray.corpus.filling_job import OutcomeRows
from ike_ray.engine.job import Answer, Job, Process, SignOfLife, split
from ike_ray.records import VideoRef
from ike_ray.run.folder import RunFolder


@dataclass(frozen=True)
class Sleeping:
    """Sleeps a fixed time for each video, and writes nothing but outcomes."""

    run: RunFolder
    workers: WorkersConfig
    seconds: float
    nouns: str = "videos"

    @property
    def outcomes(self) -> OutcomeRows:
        """Return the rows of the run."""
        return OutcomeRows(run=self.run, is_on_gpu=False)

    def list_groups(self, items: Sequence[VideoRef], num_workers: int) -> list[list[VideoRef]]:
        """Return groups of one."""
        return split(items, num_workers)

    def load(self) -> Process:
        """Return the sleeping function."""
        return self.sleep

    def sleep(self, refs: Sequence[VideoRef], sign_of_life: SignOfLife) -> list[Answer]:
        """Sleep, and say that 30 frames of each were segmented."""
        time.sleep(self.seconds * len(refs))
        return [{"status": "ok", "frames": 30} for _ in refs]


@dataclass(frozen=True)
class Timed:
    """Another job that writes a line into `folder` for each group: process, start and end in the machine's seconds."""

    job: Job
    folder: str

    @property
    def nouns(self) -> str:
        """Those of the other job."""
        return self.job.nouns

    @property
    def workers(self) -> WorkersConfig:
        """Those of the other job."""
        return self.job.workers

    @property
    def outcomes(self) -> OutcomeRows:
        """Those of the other job."""
        assert isinstance(self.job.outcomes, OutcomeRows)
        return self.job.outcomes

    def list_groups(self, items: Sequence[VideoRef], num_workers: int) -> list[list[VideoRef]]:
        """Return those of the other job."""
        return self.job.list_groups(items, num_workers)

    def load(self) -> Process:
        """Return the other job's function, timed."""
        process = self.job.load()

        def run(refs: Sequence[VideoRef], sign_of_life: SignOfLife) -> Sequence[Answer]:
            start = time.monotonic()
            answers = process(refs, sign_of_life)
            with (Path(self.folder) / f"{os.getpid()}.txt").open("a") as log:
                log.write(f"{start} {time.monotonic()}\n")
            return answers

        return run

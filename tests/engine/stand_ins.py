"""Jobs that misbehave as real ones do: they really crash, hang and eat memory, in a process of their own."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from ike_ray.config import WorkersConfig
from ike_ray.corpus.filling_job import OutcomeRows
from ike_ray.engine.job import Answer, Process, split
from ike_ray.errors import ConfigError, ExcludedError, InputError, RunError, TransientError
from ike_ray.records import VideoRef
from ike_ray.run.folder import RunFolder


@dataclass(frozen=True)
class StandIn:
    """Does what a video's id says, and notes each try in `folder`. `id@2` does it in the first two tries only.

    It does what `grouped` says only in groups of several.
    """

    folder: str
    run: RunFolder
    workers: WorkersConfig
    seconds: float = 0.0
    group_size: int = 1
    grouped: str = ""
    nouns: str = "videos"

    @property
    def outcomes(self) -> OutcomeRows:
        return OutcomeRows(run=self.run, is_on_gpu=False)

    def list_groups(self, items: Sequence[VideoRef], num_workers: int) -> list[list[VideoRef]]:
        return split(items, num_workers, self.group_size)

    def load(self) -> Process:
        if Path(self.folder, "no-gpu").exists():
            raise ConfigError("no GPU on this machine")
        return self.work

    def work(self, refs: Sequence[VideoRef], sign_of_life: Callable[[], None]) -> list[Answer]:
        with Path(self.folder, "groups").open("a") as stream:
            stream.write(" ".join(ref.video_id for ref in refs) + "\n")
        if len(refs) > 1:
            misbehave(self.grouped, sign_of_life)
        answers: list[Answer] = []
        for ref in refs:
            try:
                answers.append(self._work_on(ref, sign_of_life))
            except (InputError, TransientError) as error:
                answers.append(error)
        return answers

    def _work_on(self, ref: VideoRef, sign_of_life: Callable[[], None]) -> dict[str, Any]:
        what, _, times = ref.video_id.partition("@")
        log = Path(self.folder) / ref.video_id
        with log.open("a") as stream:
            stream.write(f"{os.getpid()}\n")
        time.sleep(self.seconds)
        if times and len(log.read_text().split()) > int(times):
            what = "fine"
        if what == "opencv":
            while cv2.VideoCapture(ref.uri).read()[0]:
                pass
        misbehave(what, sign_of_life)
        return {"status": "ok", "frames": 10}


def misbehave(what: str, sign_of_life: Callable[[], None]) -> None:  # noqa: PLR0912 # a list of mischief
    match what:
        case "segfault":
            ctypes.string_at(0)
        case "abort":
            os.abort()
        case "exit":
            os._exit(3)
        case "hang":
            time.sleep(1000)
        case "slow":
            for _ in range(8):
                time.sleep(0.3)
                sign_of_life()
        case "eat":
            hoard = []
            while True:
                hoard.append(b"x" * 10**7)  # zeros would take no memory
                time.sleep(0.01)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "broken":
            raise InputError("cannot read it")
        case "excluded":
            raise ExcludedError("too long")
        case "unreachable":
            raise TransientError("no answer")
        case "full":
            raise RunError("no room where the run is")
        case "bug":
            raise ZeroDivisionError("a bug")

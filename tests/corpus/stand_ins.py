"""Methods that misbehave as real ones do: they really crash, hang and eat memory, in a process of their own."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from ike_ray.errors import ConfigError, ExcludedError, IkeRayError, InputError, TransientError
from ike_ray.records import VideoRef


@dataclass(frozen=True)
class StandIn:
    """Does what a video's id says, and notes each try in `folder`; `id@2` does it in the first two tries only."""

    folder: str
    seconds: float = 0.0

    def load(self) -> Callable[[VideoRef, Callable[[], None]], dict[str, Any]]:
        if Path(self.folder, "no-gpu").exists():
            raise ConfigError("no GPU on this machine")
        return self.run

    def run(self, ref: VideoRef, sign_of_life: Callable[[], None]) -> dict[str, Any]:
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
        case "bug":
            raise ZeroDivisionError("a bug")


@dataclass(frozen=True)
class GroupStandIn:
    """The same for groups: each video of a group does what its id says. `grouped` mischief happens in groups only."""

    folder: str
    group_size: int = 4
    grouped: str = ""

    def load_group(self) -> Callable[[Sequence[VideoRef], Callable[[], None]], list[dict[str, Any] | IkeRayError]]:
        return self.run

    def run(self, refs: Sequence[VideoRef], sign_of_life: Callable[[], None]) -> list[dict[str, Any] | IkeRayError]:
        with Path(self.folder, "groups").open("a") as stream:
            stream.write(" ".join(ref.video_id for ref in refs) + "\n")
        if len(refs) > 1:
            misbehave(self.grouped, sign_of_life)
        answers: list[dict[str, Any] | IkeRayError] = []
        for ref in refs:
            try:
                answers.append(StandIn(self.folder).run(ref, sign_of_life))
            except (InputError, TransientError) as error:
                answers.append(error)
        return answers

"""Runs a method in a process of its own, and tells what became of that process when it does not answer."""

import logging
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ike_ray.corpus.method import GroupMethod, Method
from ike_ray.errors import (
    ConfigError,
    CrashError,
    LostError,
    MemoryLimitError,
    TimeLimitError,
    TransientError,
    WorkerError,
)
from ike_ray.records import VideoRef

logger = logging.getLogger(__name__)

# How often limits are looked at. A process can grow past its limit by what it allocates in this time.
_LOOK_EVERY_S = 0.25
# Loading torch and weights, from a slow disk that many processes share.
_LOAD_LIMIT_S = 600.0
_SCRATCH = "ike-ray-worker-"
# Signals that code brings upon itself. Others come from outside.
_OWN_SIGNALS = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS, signal.SIGTRAP}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a process may take before it is stopped."""

    memory_bytes: int
    time_s: float  # without a sign of life


class Supervisor:
    """Holds the process of one worker: started when first needed, and again after each time it is gone."""

    def __init__(self, method: Method | GroupMethod, limits: Limits) -> None:
        self._method, self._limits = method, limits
        self._process: _Process | None = None

    def run(self, refs: Sequence[VideoRef]) -> list[dict[str, Any] | TransientError] | None:
        """Of each video the columns of its outcome row, or the error of a storage that failed.

        None where several videos failed as a group: each is to be tried alone. Raises `WorkerError` where the process is gone
        or was stopped, which says why, `ConfigError` where the machine lacks what the method needs.
        """
        process = self._process or _Process(self._method, self._limits)
        self._process = None  # until it has answered, and not at all if it does not
        kind, value = process.ask(refs)
        if kind == "config":
            process.kill()
            raise ConfigError(value)
        is_damaged = not value if kind == "split" else any(_may_be_damaged(*answer) for answer in value)
        if is_damaged:
            process.kill()
        else:
            self._process = process
        if kind == "split":
            return None
        return [TransientError(answer) if answer_kind == "transient" else answer for answer_kind, answer in value]

    def close(self) -> None:
        """Ends the process."""
        if self._process:
            self._process.kill()
            self._process = None


def _may_be_damaged(kind: str, answer: Any) -> bool:
    """Whether a process should not take another video: after a GPU error, for one, each later call fails as well."""
    ours = {"InputError", "ExcludedError"}
    return kind == "done" and answer["status"] == "failed" and answer["error_type"] not in ours


class _Process:
    """One running process that has loaded the method."""

    def __init__(self, method: Method | GroupMethod, limits: Limits) -> None:
        self._limits = limits
        self._connection, theirs = multiprocessing.Pipe()
        lifeline, self._lifeline = os.pipe()
        self._scratch = build_scratch()
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "TMPDIR": str(self._scratch),
        }
        self._popen = subprocess.Popen(  # noqa: S603 # this package's own program
            [sys.executable, "-m", "ike_ray.corpus.process", str(theirs.fileno()), str(lifeline)],
            pass_fds=[theirs.fileno(), lifeline],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal is for the driver
        )
        theirs.close()
        os.close(lifeline)
        self._num_oom_kills = _count_oom_kills()
        kind, value = self._exchange(method, _LOAD_LIMIT_S)
        if kind == "config":
            self.kill()
            raise ConfigError(value)

    def ask(self, refs: Sequence[VideoRef]) -> tuple[str, Any]:
        """The process's answer for a group. Raises `WorkerError` where there is none."""
        self._num_oom_kills = _count_oom_kills()
        return self._exchange(list(refs), self._limits.time_s)

    def kill(self) -> None:
        """Ends the process at once and lets go of what belongs to it."""
        self._popen.kill()
        self._release()

    def _release(self) -> int:
        code = self._popen.wait()
        self._connection.close()
        os.close(self._lifeline)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return code

    def _exchange(self, message: object, time_limit_s: float) -> tuple[str, Any]:
        try:
            self._connection.send(message)
            sign_s = time.monotonic()
            while True:
                if self._connection.poll(_LOOK_EVERY_S):
                    kind, value = self._connection.recv()
                    if kind != "alive":
                        return kind, value
                    sign_s = time.monotonic()
                self._check_limits(time.monotonic() - sign_s, time_limit_s)
        except (EOFError, ConnectionError) as error:
            raise self._explain_end() from error
        except WorkerError:
            self.kill()
            raise

    def _check_limits(self, silence_s: float, time_limit_s: float) -> None:
        if silence_s > time_limit_s:
            raise TimeLimitError(
                f"no sign of life for {silence_s:.0f} s, workers.time_limit_s is {time_limit_s:g}. It hangs, or the machine "
                "is slow: raise that setting, or lower video.working_area_px"
            )
        try:
            used_bytes = psutil.Process(self._popen.pid).memory_info().rss
        except psutil.NoSuchProcess:
            return
        if used_bytes > self._limits.memory_bytes:
            raise MemoryLimitError(
                f"took {used_bytes / 1e9:.1f} GB, and a worker's share here is {self._limits.memory_bytes / 1e9:.1f} GB. Set "
                "workers.memory_gb, run fewer workers, or lower windows.max_nodes"
            )

    def _explain_end(self) -> WorkerError:
        """Why the process is gone."""
        code = self._release()
        if code >= 0:
            return CrashError(f"its process exited with code {code}. A library that it uses ended it")
        name = signal.Signals(-code).name
        if -code in _OWN_SIGNALS:
            return CrashError(f"its process crashed with {name}. The file makes a library fail: convert it, or leave it out")
        if -code == signal.SIGKILL and _count_oom_kills() > self._num_oom_kills:
            return MemoryLimitError(
                "the kernel killed its process for want of memory. Run fewer workers, or lower windows.max_nodes"
            )
        return LostError(f"its process was killed from outside with {name}")


def build_scratch() -> Path:
    """A new folder for temporary files of this worker's process; those of workers of this machine that died are removed."""
    temporary = Path(tempfile.gettempdir())
    for folder in temporary.glob(f"{_SCRATCH}*"):
        pid = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))


def _count_oom_kills() -> int:
    """Processes that the kernel killed for want of memory since it started, on this machine."""
    for line in Path("/proc/vmstat").read_text().splitlines() if Path("/proc/vmstat").exists() else ():
        if line.startswith("oom_kill "):
            return int(line.split()[1])
    return 0

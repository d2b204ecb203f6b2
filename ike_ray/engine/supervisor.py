"""Run a job in a process of its own, and tell what became of that process when it does not answer.

The process is a program of its own and not one of `multiprocessing`. Inside Ray the main module is Ray's worker, which a
spawned process would import again with all of Ray, and only a pipe whose other end closes with the worker ends the process
of a worker that was killed.
"""

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

from ike_ray.engine.job import Loadable
from ike_ray.engine.messages import Alive, Answers, Done, Message, Retry, Split, Stop
from ike_ray.errors import CrashError, LostError, MemoryLimitError, TimeLimitError, WorkerError

logger = logging.getLogger(__name__)

# Limits are looked at this often. A process can grow past its limit by what it allocates in this time.
_LOOK_EVERY_S = 0.25
# Loading torch and weights may take long from a slow disk that many processes share.
_LOAD_LIMIT_S = 600.0
_SCRATCH = "ike-ray-worker-"
# Code brings these signals upon itself. Others come from outside.
_OWN_SIGNALS = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS, signal.SIGTRAP}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a process may take before it is stopped."""

    memory_bytes: int
    time_s: float  # without a sign of life


class Supervisor:
    """Holds the process of one worker. It is started when it is first needed, and again each time that it is gone."""

    def __init__(self, job: Loadable, limits: Limits) -> None:
        self._job, self._limits = job, limits
        self._process: _Process | None = None

    def run(self, items: Sequence[Any]) -> tuple[Done | Retry, ...] | None:
        """Return what became of each item, or None if a group failed as a whole and each is to be tried alone.

        Raises `WorkerError`, which says why, if the process is gone or was stopped. Raises the `ConfigError` or `RunError` by
        which the job stops the run.
        """
        process = self._process or _Process(self._job, self._limits)
        self._process = None  # until it has answered, and not at all if it does not
        answer = process.ask(items)
        match answer:
            case Stop(error):
                process.kill()
                raise error
            case Split(is_damaged):
                self._keep(process, is_damaged=is_damaged)
                return None
            case Answers(answers):
                is_damaged = any(isinstance(item, Done) and item.is_damaged for item in answers)
                self._keep(process, is_damaged=is_damaged)
                return answers
        raise AssertionError(f"a process answered {answer!r}")

    def _keep(self, process: "_Process", *, is_damaged: bool) -> None:
        """Keep the process for the next items, unless it may be damaged."""
        if is_damaged:
            process.kill()
        else:
            self._process = process

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process = None


class _Process:
    """One running process that has loaded the job."""

    def __init__(self, job: Loadable, limits: Limits) -> None:
        self._limits = limits
        self._connection, theirs = multiprocessing.Pipe()
        lifeline, self._lifeline = os.pipe()
        self._scratch = build_scratch()
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "TMPDIR": str(self._scratch),
        }
        self._popen = subprocess.Popen(  # noqa: S603 # this package's own program
            [sys.executable, "-m", "ike_ray.engine.process", str(theirs.fileno()), str(lifeline)],
            pass_fds=[theirs.fileno(), lifeline],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal is for the driver
        )
        theirs.close()
        os.close(lifeline)
        self._num_oom_kills = _count_oom_kills()
        answer = self._exchange(job, _LOAD_LIMIT_S)
        if isinstance(answer, Stop):
            self.kill()
            raise answer.error

    def ask(self, items: Sequence[Any]) -> Message:
        """Return the process's answer for a group. Raises `WorkerError` if there is none."""
        self._num_oom_kills = _count_oom_kills()
        return self._exchange(list(items), self._limits.time_s)

    def kill(self) -> None:
        """End the process at once, and let go of what belongs to it."""
        self._popen.kill()
        self._release()

    def _release(self) -> int:
        code = self._popen.wait()
        self._connection.close()
        os.close(self._lifeline)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return code

    def _exchange(self, message: object, time_limit_s: float) -> Message:
        try:
            self._connection.send(message)
            sign_s = time.monotonic()
            while True:
                if self._connection.poll(_LOOK_EVERY_S):
                    answer: Message = self._connection.recv()
                    if not isinstance(answer, Alive):
                        return answer
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
        """Return why the process is gone."""
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
    """Return a new folder for temporary files of this worker's process, and remove those of dead workers of this machine."""
    temporary = Path(tempfile.gettempdir())
    for folder in temporary.glob(f"{_SCRATCH}*"):
        pid = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))


def _count_oom_kills() -> int:
    """Return how many processes the kernel of this machine killed for want of memory since it started."""
    for line in Path("/proc/vmstat").read_text().splitlines() if Path("/proc/vmstat").exists() else ():
        if line.startswith("oom_kill "):
            return int(line.split()[1])
    return 0

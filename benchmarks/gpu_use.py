"""What one job of `benchmarks.gpu_job` runs on, what it takes of it, and whether that is little enough."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from benchmarks.chaos import list_processes

NUM_WORKERS = 2  # on the one GPU that is used
MOST_IDLE_FRACTION = 0.15
_LEAST_FRAMES_A_SECOND, _MOST_CORE_S = 40.0, 0.08
# A command that takes longer hangs, and is ended.
HANGS_AFTER_S = 900.0
_SAMPLE_EVERY_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is drawn and computed."""

    num_frames: tuple[int, ...]  # `ike-ray draw` draws four clips of each length
    kill_process_at: int  # this many videos are done when the process of a worker is killed
    kill_driver_at: int
    training_steps: int
    settings: tuple[str, ...] = ()


SIZES = {
    "full": Size(num_frames=(48, 49, 50, 51, 52), kill_process_at=3, kill_driver_at=10, training_steps=60),
    "tiny": Size(
        num_frames=(10,),
        kill_process_at=1,
        kill_driver_at=2,
        training_steps=4,
        settings=("video.working_area_px=4096", "flow.enlarged_area_px=null", "output.strip_frames=2"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one look at a running job saw."""

    at_s: float  # seconds since 1970
    core_s: float  # that all processes of the job took so far
    num_processes: int  # that work on videos
    busy_percent: float | None  # of the time since the last look, with a kernel on the GPU; None if nvidia-smi does not say
    gpu_mb: float | None


class Verdicts:
    """Prints a line for each check, and counts those that were missed."""

    def __init__(self) -> None:
        self.num_missed = 0

    def judge(self, name: str, found: str, wanted: str, *, is_kept: bool) -> None:
        """Print whether what was found is what was wanted."""
        self.num_missed += not is_kept
        print(f"{name}: {'ok' if is_kept else 'missed'}: found {found}, wanted {wanted}", flush=True)

    def leave_out(self, name: str, why: str) -> None:
        """Print why a check was not made."""
        print(f"{name}: not measured: {why}", flush=True)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where the commands run, and with which settings."""

    folder: Path
    is_gpu: bool
    size: Size
    settings: tuple[str, ...]  # of `ike-ray segment`
    without_limits: str | None  # why limits that are for a GPU and RAFT do not count, None if they do
    environment: dict[str, str] = field(repr=False)

    def start(self, *words: object) -> subprocess.Popen[bytes]:
        """Start the installed program with these words."""
        command = [str(word) for word in (Path(sys.executable).with_name("ike-ray"), *words)]
        print("$", "ike-ray", *words, flush=True)
        with (self.folder / "log.txt").open("wb") as log:
            return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)

    def run(self, *words: object) -> int:
        """Run the installed program with these words, and return its exit code."""
        with self.start(*words) as job:
            return self.wait(job)

    def wait(self, job: subprocess.Popen[bytes]) -> int:
        """Return the exit code of a job. Print the end of its log if it is not 0."""
        try:
            code = job.wait(HANGS_AFTER_S)
        except subprocess.TimeoutExpired:
            job.kill()
            code = job.wait()
        if code:
            print((self.folder / "log.txt").read_text(errors="replace")[-3000:], flush=True)
        return code

    def list_segment_words(self, source: Path, run: Path) -> list[object]:
        """Return the job that is measured, as a user types it."""
        return ["segment", source, "--out", run, "--config", "gpu", *list_sets(self.settings)]

    def list_worker_settings(self, num_gpus: float) -> list[str]:
        """Return the options that put the workers of another command on the GPU, if there is one."""
        return list_sets([f"workers.num_gpus={num_gpus if self.is_gpu else 0}"])


def watch(job: subprocess.Popen[bytes]) -> list[Sample]:
    """Return a sample a second until the job ends, or hangs."""
    core_s: dict[tuple[int, float], float] = {}
    samples: list[Sample] = []
    begin_s = time.monotonic()
    while job.poll() is None and time.monotonic() - begin_s < HANGS_AFTER_S:
        with suppress(psutil.NoSuchProcess):  # the job may end between the two looks
            top = psutil.Process(job.pid)
            for process in [top, *top.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    core_s[process.pid, process.create_time()] = times.user + times.system
        busy_percent, gpu_mb = _ask_gpu()
        num_processes = sum(1 for _ in list_processes("process"))
        now = {"at_s": time.time(), "core_s": sum(core_s.values()), "num_processes": num_processes}
        samples.append(Sample(**now, busy_percent=busy_percent, gpu_mb=gpu_mb))
        with suppress(subprocess.TimeoutExpired):
            job.wait(_SAMPLE_EVERY_S)
    return samples


def _ask_gpu() -> tuple[float | None, float | None]:
    """Return the percentage of time with a kernel, and the memory in use in 10^6 bytes, of the first visible GPU."""
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return None, None
    gpu = os.environ["CUDA_VISIBLE_DEVICES"].split(",")[0]
    query = [smi, f"--id={gpu}", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]
    answer = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split(",")
    busy_percent, gpu_mib = (float(word) if word.strip().isdecimal() else None for word in answer)  # [N/A] in a part of a GPU
    return busy_percent, gpu_mib and gpu_mib * 1.048576


def judge_use(
    machine: Machine, verdicts: Verdicts, samples: Sequence[Sample], rows: Sequence[dict[str, Any]], took_s: float
) -> None:
    """Judge what the job took of the machine, from when each worker has ended a video to the end.

    Loading is over then, and a job of many videos is like that part of it. The whole job is printed beside it.
    """
    rows = sorted(rows, key=lambda row: row["finished"])
    begin_s, end_s = (rows[index]["finished"].timestamp() for index in (NUM_WORKERS - 1, -1))
    num_frames = sum(row["frames"] for row in rows[NUM_WORKERS:])
    all_frames = sum(row["frames"] for row in rows)
    times, core_s = [sample.at_s for sample in samples], [sample.core_s for sample in samples]
    core_s_a_frame = float(np.diff(np.interp([begin_s, end_s], times, core_s))[0]) / num_frames
    whole = f"whole job: {all_frames} frames in {took_s:.0f} s, {all_frames / took_s:.2f} frames a second, "
    print(f"{whole}{core_s[-1] / all_frames:.3f} core seconds a frame", flush=True)
    speed = num_frames / (end_s - begin_s)
    found = {
        "frames a second": (f"{speed:.2f}", f"at least {_LEAST_FRAMES_A_SECOND:g}", speed >= _LEAST_FRAMES_A_SECOND),
        "core seconds a frame": (f"{core_s_a_frame:.3f}", f"at most {_MOST_CORE_S:g}", core_s_a_frame <= _MOST_CORE_S),
    }
    busy = [(sample.at_s, sample.busy_percent) for sample in samples if sample.busy_percent is not None]
    inside = [percent for at_s, percent in busy if begin_s <= at_s <= end_s]
    if machine.is_gpu and inside:
        idle, idle_all = (sum(p == 0 for p in part) / len(part) for part in (inside, [p for _, p in busy]))
        mean = sum(inside) / len(inside)
        print(f"GPU: {len(inside)} samples, busy {mean:.1f} % of the time", flush=True)
        print(f"whole job: GPU idle in {idle_all:.1%} of {len(busy)} samples", flush=True)
        found["idle share"] = (f"{idle:.1%}", f"at most {MOST_IDLE_FRACTION:.0%}", idle <= MOST_IDLE_FRACTION)
    else:
        why = "nvidia-smi says nothing, or the job was too short" if machine.is_gpu else "no GPU is used"
        verdicts.leave_out("idle share", why)
    for name, (value, wanted, is_kept) in found.items():
        if machine.without_limits:
            verdicts.leave_out(name, f"{machine.without_limits}; found {value}")
        else:
            verdicts.judge(name, value, wanted, is_kept=is_kept)
    memory_mb = max((sample.gpu_mb for sample in samples if sample.gpu_mb is not None), default=None)
    if machine.is_gpu and memory_mb is not None:
        total_mb = torch.cuda.get_device_properties(0).total_memory / 1e6
        wanted = f"less than its {total_mb / 1e3:.0f} GB"
        verdicts.judge("peak GPU memory", f"{memory_mb / 1e3:.1f} GB", wanted, is_kept=memory_mb < total_mb)
    else:
        verdicts.leave_out("peak GPU memory", "nvidia-smi says nothing" if machine.is_gpu else "no GPU is used")


def list_sets(settings: Sequence[str]) -> list[str]:
    """Return settings as the program's options."""
    return [word for setting in settings for word in ("--set", setting)]

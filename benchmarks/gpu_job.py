"""Jobs on a GPU: do they run, survive kills, and keep it busy? `benchmarks/gpu_job.sh` installs the package and calls this.

    python -m benchmarks.gpu_job --weights raft-small.pth         # a machine with a GPU, in under eight minutes
    python -m benchmarks.gpu_job --device cpu --size tiny         # the same path without a GPU

It draws 20 videos of 320 x 180 and segments them as a Ray job with two workers on one GPU, as `configs/gpu.yaml` says. It
does so again into another run, kills the process of a worker and then the driver, and gives the same command until the job
ends. The rows must be those of the quiet run, and the masks must agree with its masks. `spectral`, `train` and `predict`
follow, each with small settings, and `benchmarks.idle` if the time suffices. Without weights, flow is DIS, and limits that
are for RAFT are left out. Each check ends as one line: ok, missed, or not measured. It exits with 0 if no check was missed.
"""

import argparse
import csv
import importlib.util
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from benchmarks.chaos import compare, list_processes
from ike_ray.masks.rle import read_rle
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.run.description import open_run

_REPOSITORY = Path(__file__).parents[1]
_NUM_WORKERS = 2  # on the one GPU that is used
# Last bits vary on a GPU from run to run, so masks are not asked to be the same to the bit.
_LEAST_IOU = 0.99
# Masks that are all empty would agree, too. The drawn clips show an object in every frame.
_LEAST_MASKED_FRACTION = 0.5
_LEAST_FRAMES_A_SECOND, _MOST_CORE_S, _MOST_IDLE_FRACTION, _MOST_S = 40.0, 0.08, 0.15, 480.0
# A command that takes longer hangs, and is ended.
_HANGS_AFTER_S = 900.0
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
            code = job.wait(_HANGS_AFTER_S)
        except subprocess.TimeoutExpired:
            job.kill()
            code = job.wait()
        if code:
            print((self.folder / "log.txt").read_text(errors="replace")[-3000:], flush=True)
        return code

    def list_segment_words(self, source: Path, run: Path) -> list[object]:
        """Return the job that is measured, as a user types it."""
        return ["segment", source, "--out", run, "--config", "gpu", *_list_sets(self.settings)]

    def list_worker_settings(self, num_gpus: float) -> list[str]:
        """Return the options that put the workers of another command on the GPU, if there is one."""
        return _list_sets([f"workers.num_gpus={num_gpus if self.is_gpu else 0}"])


def main() -> None:
    """Read the arguments, run everything, and print the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--size", default="full", choices=list(SIZES))
    parser.add_argument("--weights", default="raft-small.pth", help="of RAFT-small; without such a file flow is DIS")
    parser.add_argument("--started", type=float, default=time.time(), help="when all of it began, in seconds since 1970")
    arguments = parser.parse_args()
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # one GPU is measured, however many there are
    print(_describe_machine(arguments.device), flush=True)
    verdicts = Verdicts()
    with _open_machine(arguments) as machine:
        _check_all(machine, verdicts, arguments.started)
    print(f"{verdicts.num_missed} checks were missed", flush=True)
    sys.exit(verdicts.num_missed > 0)


def _describe_machine(device: str) -> str:
    """Return chip, versions, commit and date. Exit if the GPU that was asked for is not there."""
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit(f"torch {torch.__version__} sees no GPU. --device cpu --size tiny shows that the command runs")
    chip = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}" if device == "cuda" else "no GPU is used"
    git = ["git", "-C", str(_REPOSITORY), "rev-parse", "--short", "HEAD"]
    found = subprocess.run(git, capture_output=True, text=True, check=False) if shutil.which("git") else None
    commit = found.stdout.strip() if found and found.returncode == 0 else "unknown"
    versions = f"torch {torch.__version__}, ray {version('ray')}, ike_ray {version('ike_ray')}"
    return f"{chip}, {os.cpu_count()} CPU cores, {versions}, commit {commit}, {datetime.now(UTC):%Y-%m-%d}"


@contextmanager
def _open_machine(arguments: argparse.Namespace) -> Iterator[Machine]:
    """Yield the machine with a folder of its own, and with a Ray that no other program of the machine finds."""
    is_gpu, size = arguments.device == "cuda", SIZES[arguments.size]
    settings = [f"workers.num_workers={_NUM_WORKERS}", f"workers.num_gpus={1 / _NUM_WORKERS if is_gpu else 0}"]
    # configs/gpu.yaml gives a worker four cores. A smaller machine would hold one worker only.
    settings.append(f"workers.num_cpus={max(1, min(4, (os.cpu_count() or 1) // _NUM_WORKERS)) if is_gpu else 1}")
    why_dis = _find_why_dis(arguments)
    if why_dis:
        settings.append("flow.method=dis")
        print(f"flow is DIS on the CPU and not RAFT: {why_dis}")
    else:
        settings.append(f"flow.weights={Path(arguments.weights).resolve()}")
    without_limits = "no GPU is used" if not is_gpu else "the limit is for RAFT flow and this is DIS" if why_dis else None
    # Ray puts sockets into its folder, whose paths may not be long.
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir="/tmp", prefix="ray-") as ray_folder:
        yield Machine(
            folder=Path(folder),
            is_gpu=is_gpu,
            size=size,
            settings=(*settings, *size.settings),
            without_limits=without_limits,
            environment={k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"} | {"RAY_TMPDIR": ray_folder},
        )


def _find_why_dis(arguments: argparse.Namespace) -> str | None:
    if arguments.size == "tiny":
        return "the settings are cheap"
    if not Path(arguments.weights).is_file():
        return f"there are no weights at {arguments.weights}"
    return None if importlib.util.find_spec("torchvision") else "torchvision is not installed"


def _check_all(machine: Machine, verdicts: Verdicts, started_s: float) -> None:
    source = _draw(machine, verdicts)
    if source is None:
        return
    quiet, killed = machine.folder / "quiet", machine.folder / "killed"
    quiet_s = _check_quiet(machine, verdicts, source, quiet)
    if quiet_s is None:
        for name in ("kills", "predict", "train", "idle share, by benchmarks.idle"):
            verdicts.leave_out(name, "it needs the run without kills")
    else:
        if _run_with_kills(machine, verdicts, source, killed):
            _compare_masks(verdicts, quiet, killed)
        _check_student(machine, verdicts, source, quiet)
    images = source.parent / str(machine.size.num_frames[0]) / "JPEGImages" / "480p" / "ellipse-0"
    run = machine.folder / "spectral"
    code = machine.run("spectral", images, "--out", run, "--config", "spectral", *machine.list_worker_settings(1))
    _judge_run(machine, verdicts, "spectral", code, run, machine.size.num_frames[0])
    if quiet_s is not None:
        _check_idle(machine, verdicts, source, quiet_s, _MOST_S - (time.time() - started_s))
    elapsed_s = time.time() - started_s
    if machine.is_gpu:
        verdicts.judge("time of all", f"{elapsed_s:.0f} s", f"at most {_MOST_S:.0f} s", is_kept=elapsed_s <= _MOST_S)
    else:
        verdicts.leave_out("time of all", f"no GPU is used; found {elapsed_s:.0f} s")


def _draw(machine: Machine, verdicts: Verdicts) -> Path | None:
    """Return a manifest of drawn videos, None if drawing failed."""
    clips = machine.folder / "clips"
    codes = [machine.run("draw", clips / str(num), "--frames", num) for num in machine.size.num_frames]
    videos = sorted(clips.glob("*/JPEGImages/480p/*"))
    wanted = 4 * len(machine.size.num_frames)
    verdicts.judge("draw", f"{len(videos)} videos", str(wanted), is_kept=not any(codes) and len(videos) == wanted)
    if any(codes) or not videos:
        return None
    with (clips / "videos.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["video_id", "uri"])
        rows.writerows([f"{path.parts[-4]}-{path.name}", path] for path in videos)
    return clips / "videos.csv"


def _check_quiet(machine: Machine, verdicts: Verdicts, source: Path, run: Path) -> float | None:
    """Measure the job without kills. Return its seconds, None if it failed."""
    begin_s = time.monotonic()
    with machine.start(*machine.list_segment_words(source, run)) as job:
        samples = _watch(job)
        code = machine.wait(job)
    took_s = time.monotonic() - begin_s
    if not _judge_run(machine, verdicts, "segment", code, run, 4 * len(machine.size.num_frames)):
        return None
    most = max(sample.num_processes for sample in samples)
    verdicts.judge("workers at once", str(most), str(_NUM_WORKERS), is_kept=most == _NUM_WORKERS)
    judge_use(machine, verdicts, samples, open_run(str(run)).read_outcomes().to_pylist(), took_s)
    return took_s


def _watch(job: subprocess.Popen[bytes]) -> list[Sample]:
    """Return a sample a second until the job ends, or hangs."""
    core_s: dict[tuple[int, float], float] = {}
    samples: list[Sample] = []
    begin_s = time.monotonic()
    while job.poll() is None and time.monotonic() - begin_s < _HANGS_AFTER_S:
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
    begin_s, end_s = (rows[index]["finished"].timestamp() for index in (_NUM_WORKERS - 1, -1))
    num_frames = sum(row["frames"] for row in rows[_NUM_WORKERS:])
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
        found["idle share"] = (f"{idle:.1%}", f"at most {_MOST_IDLE_FRACTION:.0%}", idle <= _MOST_IDLE_FRACTION)
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


def _judge_run(machine: Machine, verdicts: Verdicts, name: str, code: int, run: Path, num_rows: int) -> bool:
    """Judge that a job ended well, with one row an item, all of them ok and computed on the device that was asked for."""
    device = "cuda" if machine.is_gpu else "cpu"
    rows = _read_outcomes(run, "status", "device")
    num_good = sum(row == {"status": "ok", "device": device} for row in rows)
    is_kept = code == 0 and num_good == len(rows) == num_rows
    found = f"exit code {code}, {len(rows)} rows, {num_good} ok on {device}"
    verdicts.judge(name, found, f"exit code 0 and {num_rows} rows, all of them ok on {device}", is_kept=is_kept)
    return is_kept


def _run_with_kills(machine: Machine, verdicts: Verdicts, source: Path, run: Path) -> bool:
    """Run the job, kill the process of a worker and then the driver, give the same command until it ends, and judge that."""
    words = machine.list_segment_words(source, run)
    begin_s, kills, code = time.monotonic(), dict.fromkeys(("process", "driver"), 0), -signal.SIGKILL
    num_commands = 0
    while code == -signal.SIGKILL and time.monotonic() - begin_s < _HANGS_AFTER_S:
        num_commands += 1
        with machine.start(*words) as driver:
            while driver.poll() is None and time.monotonic() - begin_s < _HANGS_AFTER_S and not kills["driver"]:
                _kill_when_due(machine.size, run, driver, kills)
                time.sleep(0.1)
            code = driver.wait() if kills["driver"] and num_commands == 1 else machine.wait(driver)
    num_losses = sum(row["losses"] for row in _read_outcomes(run, "losses"))
    found = f"{kills['process']} process and {kills['driver']} driver killed, {num_losses} losses in the rows, "
    is_kept = code == 0 and all(kills.values()) and num_losses >= 1 and num_commands == 1 + kills["driver"]
    wanted = "one kill of each, at least one loss in the rows, and exit code 0 of the second command"
    verdicts.judge("kills", f"{found}exit code {code} of command {num_commands}", wanted, is_kept=is_kept)
    return code == 0


def _kill_when_due(size: Size, run: Path, driver: subprocess.Popen[bytes], kills: dict[str, int]) -> None:
    num_done = len(_read_outcomes(run, "status"))
    processes = list(list_processes("process"))
    if not kills["process"] and num_done >= size.kill_process_at and processes:
        random.Random(0).choice(processes).kill()
        kills["process"] += 1
    elif kills["process"] and num_done >= size.kill_driver_at:
        driver.kill()
        kills["driver"] += 1


def _compare_masks(verdicts: Verdicts, quiet: Path, killed: Path) -> None:
    """Judge that the run with kills has the rows and the masks of the quiet one."""
    runs = [open_run(str(run)) for run in (quiet, killed)]
    ids = runs[0].read_outcomes(["video_id"])["video_id"].to_pylist()
    counts = compare(str(quiet), str(killed), len(ids))
    found = f"{counts['rows']} rows, {counts['ok']} ok, {counts['lost']} lost, {counts['doubled']} doubled"
    is_kept = counts["rows"] == counts["ok"] == len(ids) and not counts["lost"] and not counts["doubled"]
    verdicts.judge("rows after kills", found, f"{len(ids)} rows, all of them ok, one a video", is_kept=is_kept)
    if not is_kept:
        verdicts.leave_out("masks after kills", "the rows differ")
        return
    ious, num_masked = [], 0
    for video_id in ids:
        masks = [np.stack([read_rle(row["mask"]) for row in run.read_frames(video_id)]) for run in runs]
        ious.append(evaluate_jaccard(masks[0], masks[1]))
        num_masked += np.count_nonzero(masks[0].any(axis=(1, 2)))
    every = np.concatenate(ious)
    worst = min(float(values.mean()) for values in ious)
    print(
        f"{counts['different']} of {len(ids)} videos have rows that differ in a bit; the worst has a mean IoU of {worst:.4f}"
    )
    is_kept = every.mean() >= _LEAST_IOU and num_masked >= _LEAST_MASKED_FRACTION * len(every)
    found = f"mean IoU {every.mean():.4f}, an object in {num_masked} of {len(every)} frames"
    wanted = f"at least {_LEAST_IOU}, in at least {_LEAST_MASKED_FRACTION:.0%} of frames"
    verdicts.judge("masks after kills", found, wanted, is_kept=is_kept)


def _check_student(machine: Machine, verdicts: Verdicts, source: Path, run: Path) -> None:
    """Judge that a student is trained on the masks, and that it predicts."""
    model, steps = machine.folder / "model", machine.size.training_steps
    settings = [f"training.num_steps={steps}", f"training.report_every_steps={steps}", "workers.num_workers=1"]
    words = ["train", run, "--out", model, "--config", "student", *_list_sets(settings), *machine.list_worker_settings(1)]
    code = machine.run(*words)  # with a GPU for the worker, it exits if PyTorch finds none
    is_trained = (model / "weights.safetensors").is_file()
    found = f"exit code {code}, {'weights' if is_trained else 'no weights'}"
    verdicts.judge("train", found, "exit code 0 and weights", is_kept=code == 0 and is_trained)
    if not is_trained:
        verdicts.leave_out("predict", "there is no student")
        return
    predicted = machine.folder / "predicted"
    options = machine.list_worker_settings(1 / _NUM_WORKERS)
    code = machine.run("predict", source, "--out", predicted, "--model", model, *options)
    _judge_run(machine, verdicts, "predict", code, predicted, 4 * len(machine.size.num_frames))


def _check_idle(machine: Machine, verdicts: Verdicts, source: Path, quiet_s: float, left_s: float) -> None:
    """Run `benchmarks.idle`, which segments the same videos again, if the time suffices."""
    name = "idle share, by benchmarks.idle"
    if not machine.is_gpu or shutil.which("nvidia-smi") is None:
        verdicts.leave_out(name, "nvidia-smi is not here" if machine.is_gpu else "no GPU is used")
        return
    if left_s < 1.2 * quiet_s:
        verdicts.leave_out(name, f"the job takes {quiet_s:.0f} s and {left_s:.0f} s are left")
        return
    command = [sys.executable, "-m", "benchmarks.idle", source, "--config", "configs/gpu.yaml", *_list_sets(machine.settings)]
    done = subprocess.run(command, cwd=_REPOSITORY, env=machine.environment, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr[-3000:] if done.returncode else "", sep="", end="", flush=True)
    share = re.search(r"no kernel at all in ([\d.]+)%", done.stdout)
    if share is None:
        verdicts.judge(name, f"exit code {done.returncode}", "an idle share", is_kept=False)
    elif machine.without_limits:
        verdicts.leave_out(name, f"{machine.without_limits}; found {share[1]} %")
    else:
        is_kept = float(share[1]) <= 100 * _MOST_IDLE_FRACTION
        verdicts.judge(name, f"{share[1]} %", f"at most {_MOST_IDLE_FRACTION:.0%}", is_kept=is_kept)


def _read_outcomes(run: Path, *columns: str) -> list[dict[str, Any]]:
    """Return these columns of the outcome rows, none if there is no run yet."""
    return open_run(str(run)).read_outcomes(columns).to_pylist() if (run / "run.yaml").is_file() else []


def _list_sets(settings: Sequence[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


if __name__ == "__main__":
    main()

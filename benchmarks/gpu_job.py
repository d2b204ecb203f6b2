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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.chaos import compare, list_processes
from benchmarks.gpu_use import (
    HANGS_AFTER_S,
    MOST_IDLE_FRACTION,
    NUM_WORKERS,
    SIZES,
    Machine,
    Size,
    Verdicts,
    judge_use,
    list_sets,
    watch,
)
from benchmarks.origin import read_origin
from ike_ray.masks.rle import read_rle
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.run.description import open_run

_REPOSITORY = Path(__file__).parents[1]
# Last bits vary on a GPU from run to run, so masks are not asked to be the same to the bit.
_LEAST_IOU = 0.99
# Masks that are all empty would agree, too. The drawn clips show an object in every frame.
_LEAST_MASKED_FRACTION = 0.5
_MOST_S = 480.0


def main() -> None:
    """Read the arguments, run everything, and print the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--size", default="full", choices=list(SIZES))
    parser.add_argument("--weights", default="raft-small.pth", help="of RAFT-small; without such a file flow is DIS")
    parser.add_argument("--started", type=float, default=time.time(), help="when all of it began, in seconds since 1970")
    arguments = parser.parse_args()
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # one GPU is measured, however many there are
    if arguments.device == "cuda" and not torch.cuda.is_available():
        sys.exit(f"torch {torch.__version__} sees no GPU. --device cpu --size tiny shows that the command runs")
    chip = f"CUDA {torch.version.cuda}" if arguments.device == "cuda" else "no GPU is used"
    print(f"{read_origin()}, {chip}", flush=True)
    verdicts = Verdicts()
    with _open_machine(arguments) as machine:
        _check_all(machine, verdicts, arguments.started)
    print(f"{verdicts.num_missed} checks were missed", flush=True)
    sys.exit(verdicts.num_missed > 0)


@contextmanager
def _open_machine(arguments: argparse.Namespace) -> Iterator[Machine]:
    """Yield the machine with a folder of its own, and with a Ray that no other program of the machine finds."""
    is_gpu, size = arguments.device == "cuda", SIZES[arguments.size]
    settings = [f"workers.num_workers={NUM_WORKERS}", f"workers.num_gpus={1 / NUM_WORKERS if is_gpu else 0}"]
    # configs/gpu.yaml gives a worker four cores. A smaller machine would hold one worker only.
    settings.append(f"workers.num_cpus={max(1, min(4, (os.cpu_count() or 1) // NUM_WORKERS)) if is_gpu else 1}")
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
        samples = watch(job)
        code = machine.wait(job)
    took_s = time.monotonic() - begin_s
    if not _judge_run(machine, verdicts, "segment", code, run, 4 * len(machine.size.num_frames)):
        return None
    most = max(sample.num_processes for sample in samples)
    verdicts.judge("workers at once", str(most), str(NUM_WORKERS), is_kept=most == NUM_WORKERS)
    judge_use(machine, verdicts, samples, open_run(str(run)).read_outcomes().to_pylist(), took_s)
    return took_s


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
    while code == -signal.SIGKILL and time.monotonic() - begin_s < HANGS_AFTER_S:
        num_commands += 1
        with machine.start(*words) as driver:
            while driver.poll() is None and time.monotonic() - begin_s < HANGS_AFTER_S and not kills["driver"]:
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
    words = ["train", run, "--out", model, "--config", "student", *list_sets(settings), *machine.list_worker_settings(1)]
    code = machine.run(*words)  # with a GPU for the worker, it exits if PyTorch finds none
    is_trained = (model / "weights.safetensors").is_file()
    found = f"exit code {code}, {'weights' if is_trained else 'no weights'}"
    verdicts.judge("train", found, "exit code 0 and weights", is_kept=code == 0 and is_trained)
    if not is_trained:
        verdicts.leave_out("predict", "there is no student")
        return
    predicted = machine.folder / "predicted"
    options = machine.list_worker_settings(1 / NUM_WORKERS)
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
    command = [sys.executable, "-m", "benchmarks.idle", source, "--config", "configs/gpu.yaml", *list_sets(machine.settings)]
    done = subprocess.run(command, cwd=_REPOSITORY, env=machine.environment, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr[-3000:] if done.returncode else "", sep="", end="", flush=True)
    share = re.search(r"no kernel at all in ([\d.]+)%", done.stdout)
    if share is None:
        verdicts.judge(name, f"exit code {done.returncode}", "an idle share", is_kept=False)
    elif machine.without_limits:
        verdicts.leave_out(name, f"{machine.without_limits}; found {share[1]} %")
    else:
        is_kept = float(share[1]) <= 100 * MOST_IDLE_FRACTION
        verdicts.judge(name, f"{share[1]} %", f"at most {MOST_IDLE_FRACTION:.0%}", is_kept=is_kept)


def _read_outcomes(run: Path, *columns: str) -> list[dict[str, Any]]:
    """Return these columns of the outcome rows, none if there is no run yet."""
    return open_run(str(run)).read_outcomes(columns).to_pylist() if (run / "run.yaml").is_file() else []


if __name__ == "__main__":
    main()

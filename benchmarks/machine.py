"""What the machine can do, and what a piece of work takes of it. The other benchmarks measure with this."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

_COPIED_MB = 256
_MATRIX_SIDE = 2048


def parse_arguments(parser: argparse.ArgumentParser) -> tuple[argparse.Namespace, torch.device]:
    """Parse with the options of every benchmark that measures in processes of its own, and set the number of threads.

    See `measure_alone` for these processes.
    """
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--only", help=argparse.SUPPRESS)  # tells a process that this one started what to measure
    parser.add_argument("--result", help=argparse.SUPPRESS)  # tells it where to leave the result
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    return arguments, torch.device(arguments.device)


def measure_alone(module: str, kind: str, folder: str, *options: str) -> dict[str, Any]:
    """Return what this command measures with `--only` kind and further options, in a process of its own.

    So no memory is shared. That process leaves its result in `folder`, in kind.json.
    """
    command = [sys.executable, "-m", module, *sys.argv[1:], *options, "--only", kind, "--result", f"{folder}/{kind}"]
    subprocess.run(command, check=True)
    return json.loads(Path(f"{folder}/{kind}.json").read_text())


def measure_copy(device: torch.device) -> float:
    """Return the bytes a second, read and written, of copying 256 MB, as the best of five."""
    source = torch.ones(_COPIED_MB * 250_000, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / measure_seconds(lambda: target.copy_(source), device, repeats=5)


def measure_product(device: torch.device) -> float:
    """Return additions and multiplications a second in a float32 product of two 2048 x 2048 matrices, the best of five."""
    matrix = torch.ones((_MATRIX_SIDE, _MATRIX_SIDE), device=device)
    return 2 * _MATRIX_SIDE**3 / measure_seconds(lambda: matrix @ matrix, device, repeats=5)


def measure_seconds(work: Callable[[], object], device: torch.device, *, repeats: int) -> float:
    """Return the shortest of several times, after one that is not counted."""
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - begin)
    return min(times[1:])


def measure_peak_bytes(work: Callable[[], object], device: torch.device) -> int:
    """Return how far memory rises above what it was before, on the GPU or, on Linux alone, in this process."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        return torch.cuda.max_memory_allocated(device) - before
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = _read_status("VmRSS")
    work()
    return _read_status("VmHWM") - before


def _read_status(name: str) -> int:
    lines = [line.split() for line in Path("/proc/self/status").read_text().splitlines()]
    return next(int(words[1]) * 1024 for words in lines if words[0] == f"{name}:")

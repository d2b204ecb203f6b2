"""What the machine can do, and what a piece of work takes of it: yardsticks of the other benchmarks."""

import time
from collections.abc import Callable
from pathlib import Path

import torch

_COPIED_MB = 256
_MATRIX_SIDE = 2048


def measure_copy(device: torch.device) -> float:
    """Bytes a second, read and written, of copying 256 MB; the best of five."""
    source = torch.ones(_COPIED_MB * 250_000, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / measure_seconds(lambda: target.copy_(source), device, repeats=5)


def measure_product(device: torch.device) -> float:
    """Additions and multiplications a second, float32, in a product of two matrices of 2048 x 2048; the best of five."""
    matrix = torch.ones((_MATRIX_SIDE, _MATRIX_SIDE), device=device)
    return 2 * _MATRIX_SIDE**3 / measure_seconds(lambda: matrix @ matrix, device, repeats=5)


def measure_seconds(work: Callable[[], object], device: torch.device, *, repeats: int) -> float:
    """The shortest of several times, after one that is not counted."""
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - begin)
    return min(times[1:])


def measure_peak_bytes(work: Callable[[], object], device: torch.device) -> int:
    """How far memory rises above what it is before, on the GPU or, on Linux alone, in this process."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        return torch.cuda.max_memory_allocated(device) - before
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _read_status("VmRSS")
    work()
    return _read_status("VmHWM") - before


def _read_status(name: str) -> int:
    lines = [line.split() for line in Path("/proc/self/status").read_text().splitlines()]
    return next(int(words[1]) * 1024 for words in lines if words[0] == f"{name}:")

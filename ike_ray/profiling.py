"""Memory and processor time of each stage of one video."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch

from ike_ray.records import STAGES, Stage, StageProfile

_SAMPLE_EVERY_S = 0.005  # a shorter peak may be missed; taking a sample takes a hundredth of this


class StageProfiler:
    """Counts memory and processor time by stage. `Stopwatch` calls it at each change with the stage that ends."""

    def __init__(self, device: torch.device) -> None:
        self._process = psutil.Process(os.getpid())
        self._device = device
        self._cpu_s = dict.fromkeys(STAGES, 0.0)
        self._peak_bytes = dict.fromkeys(STAGES, 0)
        self._gpu_peak_bytes = dict.fromkeys(STAGES, 0)
        self._lock = threading.Lock()
        self._seen_bytes = 0  # the most that was seen since the last change
        self._cpu_since_s = time.process_time()

    def __call__(self, stage: Stage | None) -> None:
        """Count what was taken since the last call to `stage`, or to none. On a GPU this waits for what runs there."""
        is_gpu = self._device.type == "cuda"
        if is_gpu:
            torch.cuda.synchronize(self._device)
        self.sample()
        with self._lock:
            seen_bytes, self._seen_bytes = self._seen_bytes, 0
        now_s = time.process_time()
        if stage:
            self._cpu_s[stage] += now_s - self._cpu_since_s
            self._peak_bytes[stage] = max(self._peak_bytes[stage], seen_bytes)
            if is_gpu:
                self._gpu_peak_bytes[stage] = max(self._gpu_peak_bytes[stage], torch.cuda.max_memory_allocated(self._device))
        if is_gpu:
            torch.cuda.reset_peak_memory_stats(self._device)
        self._cpu_since_s = now_s

    def sample(self) -> None:
        """Look at the memory of this process."""
        used_bytes = self._process.memory_info().rss
        with self._lock:
            self._seen_bytes = max(self._seen_bytes, used_bytes)

    def list_stages(self) -> tuple[StageProfile, ...]:
        """Return the profiles of the stages that there were, in order."""
        is_gpu = self._device.type == "cuda"
        return tuple(
            StageProfile(
                stage=stage,
                cpu_s=self._cpu_s[stage],
                peak_mb=self._peak_bytes[stage] / 1e6,
                gpu_peak_mb=self._gpu_peak_bytes[stage] / 1e6 if is_gpu else None,
            )
            for stage in STAGES
            if self._peak_bytes[stage]
        )


@contextmanager
def open_profiler(device: torch.device) -> Iterator[StageProfiler]:
    """Yield a profiler that watches this process's memory for as long as the context lasts."""
    profiler, is_over = StageProfiler(device), threading.Event()

    def watch() -> None:
        while not is_over.wait(_SAMPLE_EVERY_S):
            profiler.sample()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield profiler
    finally:
        is_over.set()
        thread.join()

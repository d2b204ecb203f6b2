import time

import numpy as np
import torch

from ike_ray.profiling import open_profiler
from ike_ray.timing import Stopwatch


def test_memory_and_processor_time_are_charged_to_the_stage_that_took_them() -> None:
    with open_profiler(torch.device("cpu")) as profiler:
        stopwatch = Stopwatch(profiler)
        with stopwatch.measure("read"):
            time.sleep(0.05)
        with stopwatch.measure("graph"):
            block = np.ones(200_000_000, np.uint8)
            time.sleep(0.2)  # memory is sampled, and a fast machine fills and frees the block between two samples
            del block
        with stopwatch.measure("write"):
            begin_s = time.process_time()
            while time.process_time() < begin_s + 0.05:
                pass
    stages = {entry.stage: entry for entry in profiler.list_stages()}
    assert list(stages) == ["read", "graph", "write"]  # those that there were
    assert stages["graph"].peak_mb > stages["read"].peak_mb + 190
    assert stages["write"].peak_mb < stages["graph"].peak_mb - 150
    assert stages["write"].cpu_s >= 0.05
    assert stages["read"].cpu_s < 0.04
    assert all(entry.gpu_peak_mb is None for entry in stages.values())


def test_a_stage_inside_another_is_charged_for_its_own() -> None:
    with open_profiler(torch.device("cpu")) as profiler:
        stopwatch = Stopwatch(profiler)
        with stopwatch.measure("write"):
            with stopwatch.measure("refine"):
                block = np.ones(200_000_000, np.uint8)
                time.sleep(0.2)
                del block
            time.sleep(0.01)
    stages = {entry.stage: entry for entry in profiler.list_stages()}
    assert stages["refine"].peak_mb > stages["write"].peak_mb + 150

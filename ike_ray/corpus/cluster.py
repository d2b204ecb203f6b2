"""The Ray that a corpus runs on, and how many workers it holds."""

import logging
import math
import os

import ray
from ray.data import DataContext

from ike_ray.config import WorkersConfig
from ike_ray.errors import ConfigError


def start_ray(num_cpus: int | None = None) -> None:
    """Connects to the cluster named by RAY_ADDRESS or the running job, else starts Ray on this machine, quietly.

    `num_cpus` of a Ray started here: all of the machine's, where left out.
    """
    # Ray's C++ side warns, as an error, that actors with constructor arguments may not restart: here the arguments are kept.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    ray.init(num_cpus=num_cpus, include_dashboard=False, log_to_driver=False, logging_level=logging.WARNING)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = DataContext.get_current()
    context.enable_progress_bars = False  # the caller shows progress in videos, not in blocks
    # Ray's watchdog takes a video that lasts longer than its limit for a hang of the whole job.
    context.execution_no_progress_timeout_s = -1


def choose_num_workers(config: WorkersConfig, num_videos: int, resources: dict[str, float]) -> int:
    """Actors: the number set, or as many as the cluster's CPUs and GPUs hold, but no more than there are videos.

    Raises `ConfigError` where the cluster cannot hold a single one.
    """
    cpus, gpus = resources.get("CPU", 0.0), resources.get("GPU", 0.0)
    if config.num_cpus > cpus or config.num_gpus > gpus:
        raise ConfigError(
            f"a worker asks for {config.num_cpus} CPUs and {config.num_gpus:g} GPUs, the cluster has {cpus:g} and {gpus:g} "
            "in all. Lower workers.num_cpus or workers.num_gpus, or add such nodes"
        )
    fitting = cpus // config.num_cpus
    if config.num_gpus > 0:
        fitting = min(fitting, math.floor(gpus / config.num_gpus + 1e-6))
    return max(1, min(num_videos, config.num_workers or int(fitting)))

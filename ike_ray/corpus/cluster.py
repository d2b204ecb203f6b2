"""The Ray that a corpus runs on, and how many workers it holds."""

import logging
import os
from collections.abc import Mapping, Sequence

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


def quieten_ray_data() -> None:
    """Leaves progress to the caller, who counts in videos, and lets a video last as long as it needs."""
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_no_progress_timeout_s = -1  # Ray's watchdog takes a long video for a hang of the whole job


def choose_num_workers(config: WorkersConfig, num_videos: int, nodes: Sequence[Mapping[str, float]]) -> int:
    """Actors: the number set, or as many as the nodes hold, but no more than there are videos.

    `nodes` has the resources of each node of the cluster. Raises `ConfigError` where none of them holds a single worker.
    """
    fitting = sum(count_fitting(config, node) for node in nodes)
    if fitting == 0:
        found = "; ".join(f"{node.get('CPU', 0):g} CPUs, {node.get('GPU', 0):g} GPUs" for node in nodes)
        raise ConfigError(
            f"a worker asks for {config.num_cpus} CPUs and {config.num_gpus:g} GPUs, and no node of the cluster has them: "
            f"found {found or 'no node'}. Lower workers.num_cpus or workers.num_gpus, or add such nodes"
        )
    return min(num_videos, config.num_workers or fitting)


def count_fitting(config: WorkersConfig, node: Mapping[str, float]) -> int:
    """Workers that a node with these resources holds at once."""
    by_cpus = int(node.get("CPU", 0) // config.num_cpus)
    if config.num_gpus == 0:
        return by_cpus
    gpus = int(node.get("GPU", 0))
    if config.num_gpus >= 1:
        return min(by_cpus, int(gpus // config.num_gpus))
    return min(by_cpus, gpus * int(1 / config.num_gpus + 1e-6))  # a fraction stays on one GPU

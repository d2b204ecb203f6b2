"""The Ray that a job runs on, how many workers a pool has there, and what one of them may take of its machine."""

import logging
import math
import os
import platform
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import ray
from ray._private.utils import read_ray_address
from ray.data import DataContext
from ray.exceptions import RayError, RayTaskError

from ike_ray.config import WorkersConfig
from ike_ray.engine.autoscaler import can_add
from ike_ray.engine.supervisor import Limits
from ike_ray.errors import ConfigError, IkeRayError, TransientError

logger = logging.getLogger(__name__)

# This variable carries `describe_versions` of the submitting machine to the job, which compares them.
VERSIONS_VARIABLE = "IKE_RAY_SUBMITTED_FROM"
# The workers of a machine share this much of its memory. The rest is left to Ray, the system and the page cache.
_SHARED_FRACTION = 0.9
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
# Ray says this whenever it starts: that it follows the variable that `start_ray` sets, and that it asks for a token.
_GREETINGS = (b"Set ray log level from environment variable", b"Token authentication is enabled")
_STDERR = 2  # the file descriptor
# The job ends after this many workers in a row died while they started, for example on a machine that is short of memory.
_STARTS_LOST_IN_A_ROW = 10
# Where no node is there yet, this many workers wait for one at most. They are how the autoscaler learns what to add, and
# version 1 of it reads 1,000 of those that wait. It adds what the cluster may hold, and the other workers wait on.
_MOST_WAITING = 1000


@dataclass(frozen=True, kw_only=True)
class PoolSize:
    """The workers that a pool starts with, and those that it may grow to as nodes join the cluster."""

    least: int
    most: int


@contextmanager
def use_ray(work: str, *, what_next: str) -> Iterator[None]:
    """Use the Ray that is running, or, until the end of the `with` block, what `start_ray` connects to or starts.

    An error of ours that a task raised comes out as it was. Raises `TransientError` if Ray gives up. The message says that
    Ray ended `work`, and `what_next`.
    """
    is_ours = not ray.is_initialized()
    if is_ours:
        start_ray()
    try:
        with DataContext.current(_build_data_context()):  # the caller's own context stays as it was
            yield
    except RayTaskError as error:
        if isinstance(error.cause, IkeRayError):
            raise error.cause from error
        raise
    except RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise TransientError(f"Ray ended {work}: {reason}. Look at the cluster and its logs; {what_next}") from error
    finally:
        if is_ours:
            ray.shutdown()


def start_ray(num_cpus: int | None = None) -> None:
    """Connect to the cluster named by RAY_ADDRESS, or to one that runs on this machine, or else start Ray here, quietly.

    With `num_cpus`, start Ray here in any case, with that many CPUs. Raises `ConfigError` like `check_versions`.
    """
    check_versions(os.environ.get(VERSIONS_VARIABLE))
    # Ray's C++ side warns, as an error, that actors with constructor arguments may not restart. Here the arguments are kept.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    with leave_out_of_stderr(_GREETINGS):
        ray.init(
            address="local" if num_cpus is not None or _is_recorded_cluster_gone() else None,
            num_cpus=num_cpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.WARNING,
        )


@contextmanager
def leave_out_of_stderr(texts: Sequence[bytes]) -> Iterator[None]:
    """Leave lines with one of these texts out of what this process writes to stderr. The others come at the block's end.

    Ray's C++ side writes past `sys.stderr`, so the file descriptor itself leads into a file meanwhile.
    """
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), _STDERR)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, _STDERR)
            os.close(kept)
            written.seek(0)
            for line in written:
                if not any(text in line for text in texts):
                    os.write(_STDERR, line)


def _is_recorded_cluster_gone() -> bool:
    """Return whether Ray's note of a cluster here outlived it, as after a kill. `ray.init` would wait for it in vain."""
    recorded = None if os.environ.get("RAY_ADDRESS") else read_ray_address()
    if not recorded:
        return False
    host, _, port = recorded.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return False
    except OSError:
        return True


def _build_data_context() -> DataContext:
    """Return a context of Ray Data that leaves progress to the caller, who counts in videos, and lets a video last."""
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = DataContext.get_current().copy()
    context.enable_progress_bars = False
    context.execution_no_progress_timeout_s = -1  # Ray's watchdog takes a long video for a hang of the whole job
    context.max_consecutive_actor_init_deaths = _STARTS_LOST_IN_A_ROW
    # A pool grows once all its workers are busy. Ray's own threshold, 1.75, is not reached by one task in flight a worker.
    context.autoscaling_config = replace(context.autoscaling_config, actor_pool_util_upscaling_threshold=1.0)
    return context


def plan_pool(config: WorkersConfig, num_items: int) -> PoolSize:
    """Return `choose_pool_size` for the connected cluster. If no node holds a worker, the autoscaler is asked for one."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    is_there = any(count_fitting(config, node) for node in nodes)
    size = choose_pool_size(config, num_items, nodes, may_add=is_there or can_add(build_bundle(config)))
    if not is_there:
        logger.info("no node is there yet that holds a worker: %d workers wait until the cluster adds nodes", size.least)
    return size


def build_bundle(config: WorkersConfig) -> dict[str, float]:
    """Return the least that a node must have for one worker. A fraction of a GPU is cut from a whole one."""
    gpus = {"GPU": float(math.ceil(config.num_gpus))} if config.num_gpus else {}
    memory = {"memory": config.memory_gb * 1e9} if config.memory_gb is not None else {}
    return {"CPU": float(config.num_cpus), **gpus, **memory}


def choose_pool_size(
    config: WorkersConfig, num_items: int, nodes: Sequence[Mapping[str, float]], *, may_add: bool
) -> PoolSize:
    """Return the number set, or from as many workers as the nodes hold to one for each item.

    `nodes` has the resources of each node of the cluster. If they hold no worker, then `may_add` says whether the cluster
    adds nodes that do. Workers for all the nodes that it may add are then asked for at once, because Ray Data alone would ask
    for one, wait until that has finished an item, and double the cluster from there: `_compute_throughput_rates` in
    ray/data/_internal/cluster_autoscaler/rate_based_cluster_autoscaler.py has no rate before. Raises `ConfigError` if no
    node holds a worker and none may be added.
    """
    present = sum(count_fitting(config, node) for node in nodes)
    if not present and not may_add:
        memory = "" if config.memory_gb is None else f", {config.memory_gb:g} GB"
        raise ConfigError(
            f"a worker asks for {config.num_cpus} CPUs and {config.num_gpus:g} GPUs{memory}, and no node of the cluster has "
            f"them: found {_describe(nodes) or 'no node'}, and no autoscaler that adds such a node. Lower workers.num_cpus, "
            "workers.num_gpus or workers.memory_gb, or add such nodes"
        )
    least = config.num_workers or present or _MOST_WAITING
    return PoolSize(least=min(num_items, least), most=min(num_items, config.num_workers or num_items))


def _describe(nodes: Iterable[Mapping[str, float]]) -> str:
    return "; ".join(
        f"{node.get('CPU', 0):g} CPUs, {node.get('GPU', 0):g} GPUs, {node.get('memory', 0) / 1e9:.0f} GB" for node in nodes
    )


def count_fitting(config: WorkersConfig, node: Mapping[str, float]) -> int:
    """Return how many workers a node with these resources holds at once."""
    fitting = int(node.get("CPU", 0) // config.num_cpus)
    if config.memory_gb is not None and "memory" in node:
        fitting = min(fitting, int(node["memory"] // (config.memory_gb * 1e9)))
    if config.num_gpus == 0:
        return fitting
    gpus = int(node.get("GPU", 0))
    if config.num_gpus >= 1:
        return min(fitting, int(gpus // config.num_gpus))
    return min(fitting, gpus * int(1 / config.num_gpus + 1e-6))  # a fraction stays on one GPU


def build_limits(config: WorkersConfig) -> Limits:
    """Return the limits of a worker on this machine: its share of the memory, if the machine holds as many as it can."""
    share = read_memory_bytes() * _SHARED_FRACTION / _count_workers_here(config)
    return Limits(memory_bytes=int(share if config.memory_gb is None else config.memory_gb * 1e9), time_s=config.time_limit_s)


def read_memory_bytes() -> int:
    """Return the memory of this machine, or of the container that this process is in."""
    limits = [psutil.virtual_memory().total]
    for path in _CGROUP_LIMITS:
        text = path.read_text().strip() if path.exists() else "max"
        limits += [int(text)] if text.isdecimal() else []
    return min(limits)


def _count_workers_here(config: WorkersConfig) -> int:
    """Return the number of workers that this machine may hold at once, which is 1 outside Ray."""
    if not ray.is_initialized():
        return 1
    own = ray.get_runtime_context().get_node_id()
    fitting = sum(count_fitting(config, node["Resources"]) for node in ray.nodes() if node["NodeID"] == own)
    return max(1, min(fitting, config.num_workers or fitting))


def describe_versions() -> str:
    """Return the versions that a submitting machine and a cluster should share, to the second number."""
    parts = (("Python", platform.python_version()), ("Ray", ray.__version__))
    return ", ".join(f"{name} {'.'.join(version.split('.')[:2])}" for name, version in parts)


def check_versions(submitted_from: str | None) -> None:
    """Raise `ConfigError` if a job was submitted from other versions than it runs on. None means that it was not
    submitted."""
    if submitted_from is not None and submitted_from != describe_versions():
        raise ConfigError(
            f"this job was submitted from {submitted_from}: expected the same on the cluster, found {describe_versions()}. "
            "Submit from an environment like the cluster's, or change the cluster's image"
        )

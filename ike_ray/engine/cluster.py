"""The Ray that a job runs on, how many workers it holds, and what one of them may take of its machine."""

import logging
import math
import os
import platform
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import ray
from ray._private.utils import read_ray_address
from ray.data import DataContext
from ray.exceptions import RayError, RayTaskError

from ike_ray.config import WorkersConfig
from ike_ray.engine.autoscaler import NodeType, can_add, list_node_types
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
    return context


def plan_num_workers(config: WorkersConfig, num_videos: int) -> int:
    """Return `choose_num_workers` for the connected cluster: for its nodes, or what may be added if they hold nothing."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    is_there = any(count_fitting(config, node) for node in nodes)
    node_types = list_node_types()
    if node_types is None:
        bundle = build_bundle(config)
        node_types = [NodeType(resources=bundle, max_count=None)] if not is_there and can_add(bundle) else []
    num_workers = choose_num_workers(config, num_videos, nodes, node_types)
    if not is_there:
        logger.info("no node is there yet that holds a worker: %d workers wait until the cluster adds nodes", num_workers)
    return num_workers


def build_bundle(config: WorkersConfig) -> dict[str, float]:
    """Return the least that a node must have for one worker. A fraction of a GPU is cut from a whole one."""
    gpus = {"GPU": float(math.ceil(config.num_gpus))} if config.num_gpus else {}
    return {"CPU": float(config.num_cpus), **gpus}


def choose_num_workers(
    config: WorkersConfig, num_videos: int, nodes: Sequence[Mapping[str, float]], node_types: Sequence[NodeType] = ()
) -> int:
    """Return the number of actors: the number set, or as many as the nodes hold, but no more than there are videos.

    `nodes` has the resources of each node of the cluster, and `node_types` what may be added until it is at its largest.
    Raises `ConfigError` if neither holds a single worker, or if no limit is known and none is set.
    """
    present = sum(count_fitting(config, node) for node in nodes)
    limits = [(count_fitting(config, kind.resources), kind.max_count) for kind in node_types]
    possible = sum(fitting * count for fitting, count in limits if count is not None)
    is_unlimited = any(fitting and count is None for fitting, count in limits)
    if not present and not possible and not is_unlimited:
        raise ConfigError(
            f"a worker asks for {config.num_cpus} CPUs and {config.num_gpus:g} GPUs, and no node of the cluster has them: "
            f"found {_describe(nodes) or 'no node'}; nodes that may be added: "
            f"{_describe([kind.resources for kind in node_types if kind.max_count != 0]) or 'none'}. "
            "Lower workers.num_cpus or workers.num_gpus, or add such nodes"
        )
    if is_unlimited and not present and not config.num_workers:
        raise ConfigError(
            "the cluster can add nodes that hold a worker and does not say how many: expected workers.num_workers, found "
            "null. Set it to the workers that the cluster may grow to"
        )
    return min(num_videos, config.num_workers or max(present, possible))


def _describe(nodes: Iterable[Mapping[str, float]]) -> str:
    return "; ".join(f"{node.get('CPU', 0):g} CPUs, {node.get('GPU', 0):g} GPUs" for node in nodes)


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

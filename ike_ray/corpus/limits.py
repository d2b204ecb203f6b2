"""What one worker may take of its machine."""

from pathlib import Path

import psutil
import ray

from ike_ray.config import WorkersConfig
from ike_ray.corpus.cluster import count_fitting
from ike_ray.corpus.supervisor import Limits

# The rest is left to Ray, the system and the page cache.
_SHARED_FRACTION = 0.9
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def build_limits(config: WorkersConfig) -> Limits:
    """The limits of a worker on this machine: its share of the memory, where as many run beside it as the machine holds."""
    share = read_memory_bytes() * _SHARED_FRACTION / _count_workers_here(config)
    return Limits(memory_bytes=int(share if config.memory_gb is None else config.memory_gb * 1e9), time_s=config.time_limit_s)


def read_memory_bytes() -> int:
    """Memory of this machine, or of the container that this process is in."""
    limits = [psutil.virtual_memory().total]
    for path in _CGROUP_LIMITS:
        text = path.read_text().strip() if path.exists() else "max"
        limits += [int(text)] if text.isdecimal() else []
    return min(limits)


def _count_workers_here(config: WorkersConfig) -> int:
    """Workers that this machine may hold at once; 1 outside Ray."""
    if not ray.is_initialized():
        return 1
    own = ray.get_runtime_context().get_node_id()
    fitting = sum(count_fitting(config, node["Resources"]) for node in ray.nodes() if node["NodeID"] == own)
    return max(1, min(fitting, config.num_workers or fitting))

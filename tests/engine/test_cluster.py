import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.faulty_s3 import find_port
from ike_ray.config import WorkersConfig
from ike_ray.engine import cluster
from ike_ray.engine.autoscaler import NodeType
from ike_ray.engine.cluster import (
    VERSIONS_VARIABLE,
    build_bundle,
    check_versions,
    choose_num_workers,
    describe_versions,
    start_ray,
)
from ike_ray.errors import ConfigError


@pytest.mark.parametrize(
    ("config", "num_videos", "nodes", "expected"),
    [
        (WorkersConfig(), 100, [{"CPU": 8.0}], 8),
        (WorkersConfig(num_cpus=3), 100, [{"CPU": 8.0}], 2),
        (WorkersConfig(num_cpus=3), 100, [{"CPU": 8.0}, {"CPU": 4.0}], 3),
        (WorkersConfig(), 3, [{"CPU": 8.0}], 3),
        (WorkersConfig(num_workers=2), 100, [{"CPU": 8.0}], 2),
        (WorkersConfig(num_cpus=2, num_gpus=1), 100, [{"CPU": 64.0, "GPU": 4.0}, {"CPU": 64.0}], 4),
        (WorkersConfig(num_cpus=2, num_gpus=0.1), 100, [{"CPU": 64.0, "GPU": 2.0}], 20),
        (WorkersConfig(num_cpus=1, num_gpus=0.6), 100, [{"CPU": 64.0, "GPU": 2.0}], 2),
        (WorkersConfig(num_cpus=8, num_gpus=0.5), 100, [{"CPU": 16.0, "GPU": 4.0}], 2),
        (WorkersConfig(memory_gb=3), 100, [{"CPU": 8.0, "memory": 10e9}], 3),
    ],
)
def test_the_pool_fills_the_nodes(
    config: WorkersConfig, num_videos: int, nodes: list[dict[str, float]], expected: int
) -> None:
    assert choose_num_workers(config, num_videos, nodes) == expected


def test_a_note_of_a_dead_cluster_is_no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(cluster, "read_ray_address", lambda: f"127.0.0.1:{find_port()}")
    assert cluster._is_recorded_cluster_gone()
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(cluster, "read_ray_address", lambda: f"127.0.0.1:{server.getsockname()[1]}")
        assert not cluster._is_recorded_cluster_gone()
    monkeypatch.setattr(cluster, "read_ray_address", lambda: None)
    assert not cluster._is_recorded_cluster_gone()


def test_what_no_node_has_is_told() -> None:
    with pytest.raises(ConfigError, match="asks for 1 CPUs and 1 GPUs, and no node of the cluster has them: found 8 CPUs, 0"):
        choose_num_workers(WorkersConfig(num_gpus=1), 5, [{"CPU": 8.0}])
    with pytest.raises(ConfigError, match="asks for 8 CPUs"):
        choose_num_workers(WorkersConfig(num_cpus=8), 5, [{"CPU": 6.0}, {"CPU": 6.0}])


HEAD = [{"object_store_memory": 1e9}]
GPU_NODE = {"CPU": 4.0, "GPU": 1.0}
CPU_NODE = {"CPU": 16.0}
ON_A_GPU = WorkersConfig(num_cpus=4, num_gpus=1)


@pytest.mark.parametrize(
    ("config", "num_videos", "nodes", "node_types", "expected"),
    [
        (ON_A_GPU, 100, HEAD, [NodeType(resources=GPU_NODE, max_count=8)], 8),
        (WorkersConfig(num_cpus=2, num_gpus=0.5), 100, HEAD, [NodeType(resources=GPU_NODE, max_count=8)], 16),
        # A node that is there is one of those that may be there.
        (ON_A_GPU, 100, [*HEAD, GPU_NODE], [NodeType(resources=GPU_NODE, max_count=8)], 8),
        (ON_A_GPU, 100, [*HEAD, GPU_NODE], [NodeType(resources=GPU_NODE, max_count=0)], 1),
        (ON_A_GPU, 100, HEAD, [NodeType(resources=GPU_NODE, max_count=2), NodeType(resources=CPU_NODE, max_count=9)], 2),
        (ON_A_GPU, 3, HEAD, [NodeType(resources=GPU_NODE, max_count=8)], 3),
        (WorkersConfig(num_cpus=4, num_gpus=1, num_workers=5), 100, HEAD, [NodeType(resources=GPU_NODE, max_count=None)], 5),
        # Where no limit is known, what is there counts.
        (ON_A_GPU, 100, [*HEAD, GPU_NODE], [NodeType(resources=GPU_NODE, max_count=None)], 1),
    ],
)
def test_the_pool_counts_on_nodes_that_may_be_added(
    config: WorkersConfig, num_videos: int, nodes: list[dict[str, float]], node_types: list[NodeType], expected: int
) -> None:
    assert choose_num_workers(config, num_videos, nodes, node_types) == expected


def test_what_can_never_come_is_told() -> None:
    with pytest.raises(ConfigError, match="found 0 CPUs, 0 GPUs; nodes that may be added: 16 CPUs, 0 GPUs"):
        choose_num_workers(ON_A_GPU, 100, HEAD, [NodeType(resources=CPU_NODE, max_count=9)])
    with pytest.raises(ConfigError, match="nodes that may be added: none"):
        choose_num_workers(ON_A_GPU, 100, HEAD, [NodeType(resources=GPU_NODE, max_count=0)])


def test_a_cluster_that_names_no_limit_needs_a_number() -> None:
    with pytest.raises(ConfigError, match=r"expected workers\.num_workers, found null"):
        choose_num_workers(ON_A_GPU, 100, HEAD, [NodeType(resources=GPU_NODE, max_count=None)])


def test_a_node_must_have_a_whole_gpu_to_be_shared() -> None:
    assert build_bundle(WorkersConfig(num_cpus=2, num_gpus=0.25)) == {"CPU": 2.0, "GPU": 1.0}
    assert build_bundle(WorkersConfig(num_cpus=2)) == {"CPU": 2.0}


LOUD = """
import os, sys
from ike_ray.engine.cluster import leave_out_of_stderr

with leave_out_of_stderr([b"greets", b"hello"]):
    print("Python warns", file=sys.stderr)
    os.write(2, b"C++ greets\\nC++ warns\\n")
    print("hello from Python", file=sys.stderr)
    raise SystemExit("ended early")
"""


def test_lines_are_left_out_of_stderr_whoever_writes_them() -> None:
    done = subprocess.run([sys.executable, "-c", LOUD], capture_output=True, text=True, check=False)
    assert done.stderr == "Python warns\nC++ warns\nended early\n"


def test_a_job_from_other_versions_stops_at_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VERSIONS_VARIABLE, "Python 3.9, Ray 2.40")
    with pytest.raises(ConfigError, match=r"submitted from Python 3\.9"):
        start_ray()


def test_versions_are_compared() -> None:
    check_versions(None)
    check_versions(describe_versions())
    with pytest.raises(
        ConfigError, match=r"submitted from Python 3\.9, Ray 2\.40: expected the same on the cluster, found Python"
    ):
        check_versions("Python 3.9, Ray 2.40")

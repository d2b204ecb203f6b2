import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.faulty_s3 import find_port
from ike_ray.config import WorkersConfig
from ike_ray.engine import cluster
from ike_ray.engine.cluster import (
    VERSIONS_VARIABLE,
    PoolSize,
    build_bundle,
    check_versions,
    choose_pool_size,
    describe_versions,
    start_ray,
)
from ike_ray.errors import ConfigError


@pytest.mark.parametrize(
    ("config", "num_items", "nodes", "expected"),
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
    config: WorkersConfig, num_items: int, nodes: list[dict[str, float]], expected: int
) -> None:
    assert choose_pool_size(config, num_items, nodes, may_add=True).least == expected


def test_a_pool_grows_unless_its_number_is_set() -> None:
    nodes = [{"CPU": 8.0}]
    assert choose_pool_size(WorkersConfig(), 100, nodes, may_add=True) == PoolSize(least=8, most=100)
    assert choose_pool_size(WorkersConfig(num_workers=20), 100, nodes, may_add=True) == PoolSize(least=20, most=20)


HEAD = [{"object_store_memory": 1e9}]


def test_workers_for_all_nodes_that_may_come_are_asked_for_at_once() -> None:
    assert choose_pool_size(WorkersConfig(num_gpus=1), 100, HEAD, may_add=True) == PoolSize(least=100, most=100)
    assert choose_pool_size(WorkersConfig(num_gpus=1), 5000, HEAD, may_add=True) == PoolSize(least=1000, most=5000)
    assert choose_pool_size(WorkersConfig(num_workers=8), 100, HEAD, may_add=True) == PoolSize(least=8, most=8)


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
        choose_pool_size(WorkersConfig(num_gpus=1), 5, [{"CPU": 8.0}], may_add=False)
    with pytest.raises(ConfigError, match="found 6 CPUs, 0 GPUs, 0 GB; 6 CPUs, 0 GPUs, 0 GB, and no autoscaler"):
        choose_pool_size(WorkersConfig(num_cpus=8), 5, [{"CPU": 6.0}, {"CPU": 6.0}], may_add=False)
    with pytest.raises(ConfigError, match=r"1 CPUs and 0 GPUs, 20 GB, and no node .* 0 GPUs, 10 GB, and no autoscaler"):
        choose_pool_size(WorkersConfig(memory_gb=20), 5, [{"CPU": 8.0, "memory": 10e9}], may_add=False)


def test_a_node_must_have_a_whole_gpu_to_be_shared() -> None:
    assert build_bundle(WorkersConfig(num_cpus=2, num_gpus=0.25)) == {"CPU": 2.0, "GPU": 1.0}
    assert build_bundle(WorkersConfig(num_cpus=2, memory_gb=3)) == {"CPU": 2.0, "memory": 3e9}


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

"""A cluster that starts without a worker node: Ray's own autoscaler over fake nodes, which are raylets on this machine."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from ray.core.generated.autoscaler_pb2 import ClusterConfig, NodeGroupConfig

from ike_ray.datasets.synthetic import draw_clip
from ike_ray.engine.autoscaler import NodeType, can_add, read_launched, read_reported
from ike_ray.video.write import write_video
from tests.ray_head import (
    HEAD_TYPE,
    REPOSITORY,
    RayHead,
    build_launcher_config,
    list_node_states,
    start_head,
    wait_until_alone,
)

CPU_WORKER = {"cpu_worker": {"resources": {"CPU": 2, "object_store_memory": 100_000_000}, "max_workers": 2}}
SMALL = ["video.working_size_px=[48, 64]", "network.num_steps=3", "graph.published.max_iterations=2"]


def test_the_launchers_file_names_what_may_be_added(tmp_path: Path) -> None:
    node_types = {"gpu": {"resources": {"CPU": 4, "GPU": 1}, "max_workers": 9}, "cpu": {"resources": {"CPU": 8}}}
    file = tmp_path / "ray_bootstrap_config.yaml"
    assert read_launched(str(file), {HEAD_TYPE}) is None
    file.write_text(yaml.safe_dump(build_launcher_config("10.0.0.1:6379", node_types), sort_keys=False))
    # Nothing may be added beyond the whole cluster's max_workers, 4.
    assert read_launched(str(file), {HEAD_TYPE}) == [
        NodeType(resources={"CPU": 4.0, "GPU": 1.0}, max_count=4),
        NodeType(resources={"CPU": 8.0}, max_count=4),
    ]
    assert read_launched(str(file), {"another cluster's head"}) is None


def test_a_platforms_report_is_read() -> None:
    config = ClusterConfig(
        node_group_configs=[
            NodeGroupConfig(resources={"CPU": 4, "GPU": 1}, max_count=3, name="gpu"),
            NodeGroupConfig(resources={"CPU": 8}, max_count=-1, name="cpu"),
        ]
    )
    assert read_reported(config) == [
        NodeType(resources={"CPU": 4.0, "GPU": 1.0}, max_count=3),
        NodeType(resources={"CPU": 8.0}, max_count=None),
    ]


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_a_cluster_without_an_autoscaler_adds_nothing() -> None:
    started_s = time.monotonic()
    assert can_add({"CPU": 1.0})
    assert not can_add({"CPU": 1.0, "GPU": 1.0})
    assert time.monotonic() - started_s < 15  # it is told, not waited for


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for seed in range(4):
        write_video(f"{folder}/{seed}.mp4", draw_clip(seed, num_frames=4, height=64, width=96).frames, 10.0)
    return folder


@pytest.fixture(scope="module", params=[1, 2], ids=["version1", "version2"])
def cluster(request: pytest.FixtureRequest) -> Iterator[RayHead]:
    with start_head(num_cpus=0, node_types=CPU_WORKER, autoscaler_version=request.param) as head:
        yield head


@pytest.fixture
def head(cluster: RayHead) -> RayHead:
    """The head alone, as each test finds it and leaves it."""
    wait_until_alone(cluster)
    return cluster


def run_job(head: RayHead, videos: Path, run: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    changes = [part for setting in (*SMALL, *settings) for part in ("--set", setting)]
    command = [sys.executable, REPOSITORY / "jobs" / "segment.py", videos, "--out", run, *changes]
    environment = {**head.environment, "RAY_ADDRESS": head.address}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


# Version 1 is not asked here: it shows only by silence, for 20 s, that it cannot add a node.
@pytest.mark.ray
@pytest.mark.rare
@pytest.mark.parametrize("cluster", [2], indirect=True, ids=["version2"])
def test_where_no_file_tells_it_the_autoscaler_is_asked(head: RayHead, videos: Path, tmp_path: Path) -> None:
    elsewhere = replace(head, environment={**head.environment, "HOME": str(tmp_path)})
    refused = run_job(elsewhere, videos, tmp_path / "gpus", "workers.num_gpus=1")
    assert refused.returncode == 2, refused.stderr
    assert "nodes that may be added: none" in refused.stderr
    unlimited = run_job(elsewhere, videos, tmp_path / "cpus", "workers.num_cpus=2")
    assert unlimited.returncode == 2, unlimited.stderr
    assert "expected workers.num_workers, found null" in unlimited.stderr


@pytest.mark.ray
@pytest.mark.rare
def test_a_job_brings_up_the_nodes_it_needs(head: RayHead, videos: Path, tmp_path: Path) -> None:
    num_before = len(list_node_states(head))
    result = run_job(head, videos, tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert "4 videos over 4 workers of 1 CPUs" in result.stderr  # two nodes of two CPUs, neither of them there
    assert pd.read_parquet(tmp_path / "run" / "outcomes")["status"].tolist() == ["ok"] * 4
    wait_until_alone(head)
    assert len(list_node_states(head)) > num_before


@pytest.mark.ray
@pytest.mark.rare
def test_a_cluster_without_gpus_says_so_at_once(head: RayHead, videos: Path, tmp_path: Path) -> None:
    num_before = len(list_node_states(head))
    result = run_job(head, videos, tmp_path / "run", "workers.num_gpus=1")
    assert result.returncode == 2, result.stderr
    assert "asks for 1 CPUs and 1 GPUs, and no node of the cluster has them" in result.stderr
    assert "nodes that may be added: 2 CPUs, 0 GPUs" in result.stderr
    assert len(list_node_states(head)) == num_before  # nothing was started to find out

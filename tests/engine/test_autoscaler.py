"""A cluster that starts without a worker node: Ray's own autoscaler over fake nodes, which are raylets on this machine."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from ike_ray.datasets.synthetic import draw_clip
from ike_ray.engine.autoscaler import can_add
from ike_ray.video.write import write_video
from tests.ray_head import REPOSITORY, RayHead, list_node_states, start_head, wait_until_alone

CPU_WORKER = {"cpu_worker": {"resources": {"CPU": 2, "object_store_memory": 100_000_000}, "max_workers": 2}}
SMALL = ["video.working_size_px=[48, 64]", "network.num_steps=3", "graph.published.max_iterations=2"]


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
    for seed in range(6):
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


@pytest.mark.ray
@pytest.mark.rare
def test_a_job_brings_up_the_nodes_it_needs(head: RayHead, videos: Path, tmp_path: Path) -> None:
    num_before = len(list_node_states(head))
    result = run_job(head, videos, tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert "6 workers wait until the cluster adds nodes" in result.stderr  # two nodes of two CPUs, neither of them there
    assert pd.read_parquet(tmp_path / "run" / "outcomes")["status"].tolist() == ["ok"] * 6  # two of the six waited on
    wait_until_alone(head)
    assert len(list_node_states(head)) >= num_before + 2


@pytest.mark.ray
@pytest.mark.rare
def test_a_cluster_without_gpus_says_so(head: RayHead, videos: Path, tmp_path: Path) -> None:
    num_before = len(list_node_states(head))
    result = run_job(head, videos, tmp_path / "run", "workers.num_gpus=1")
    assert result.returncode == 2, result.stderr
    assert "asks for 1 CPUs and 1 GPUs, and no node of the cluster has them" in result.stderr
    assert "and no autoscaler that adds such a node" in result.stderr
    assert len(list_node_states(head)) == num_before  # nothing was started to find out

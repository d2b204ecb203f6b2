"""The commands that measure speed: that they run, and that both graphs give the same soft masks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.test_origin import is_origin

REPOSITORY = Path(__file__).parents[2]


def run(*arguments: str, path: Path | None = None, codes: tuple[int, ...] = (0,)) -> str:
    command = [sys.executable, "-m", *arguments]
    environment = os.environ | ({"PYTHONPATH": f"{path}{os.pathsep}{REPOSITORY}"} if path else {})
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY, env=environment)
    assert result.returncode in codes, result.stderr
    return result.stdout + result.stderr


@pytest.mark.rare
def test_the_graph_beside_the_literal_one() -> None:
    output = run("benchmarks.graph", "--sizes", "24x32", "--frames", "5", "--repeats", "1")
    rows = re.findall(r"^ +24x32 .*", output, re.MULTILINE)
    assert [row.split()[1] for row in rows] == ["5"]
    assert float(rows[0].split()[7]) < 1e-3  # the largest difference of the soft masks


@pytest.mark.rare
def test_the_network_beside_the_literal_one() -> None:
    output = run("benchmarks.network", "--size", "32x48", "--frames", "4", "--steps", "2")
    assert re.search(r"^ +4 ( *[\d.]+){6} +[\d.]+%$", output, re.MULTILINE), output


@pytest.mark.rare
def test_what_a_gpu_is_asked_runs_in_one_command_and_without_ray(tmp_path: Path) -> None:
    (tmp_path / "ray.py").write_text('raise ImportError("this machine has no Ray")')
    options = ("--device", "cpu", "--size", "32x48", "--frames", "3", "--architecture", "compact", "--steps", "2")
    output = run("benchmarks.gpu", *options, path=tmp_path, codes=(0, 1))  # 1: this machine misses a limit
    assert len(re.findall(r"^.*, at most [\d.]+ asked: (?:kept|MISSED)$", output, re.MULTILINE)) == 5
    # Without weights there is no RAFT.
    assert "RAFT, seconds a pair: not measured" in output


def test_one_video_stage_by_stage() -> None:
    options = ("--frames", "4", "--threads", "1", "--config", "configs/fast.yaml")
    output = run("benchmarks.video", *options, "--set", "network.num_steps=2", "--cycles", "2")
    origin, summary, _, *rows = output.splitlines()
    assert is_origin(origin)
    assert summary.startswith("4 frames, 2 cycles")
    assert [line.split()[0] for line in rows] == ["read", "flow", "graph", "network", "refine"]


def test_dis_flow_with_more_threads(shared_data: Path) -> None:
    video = shared_data / "davis" / "JPEGImages" / "480p" / "bear"
    output = run("benchmarks.flow_speed", str(video), "--size", "64x96", "--frames", "3", "--threads", "2")
    origin, *lines = output.splitlines()
    assert is_origin(origin)
    assert len(lines) == 2
    assert all(re.fullmatch(r"DIS, [12] OpenCV threads +[\d.]+ s a pair", line) for line in lines)


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="there is a GPU to ask about")
def test_without_a_gpu_there_is_no_idle_share() -> None:
    assert "nvidia-smi is not here" in run("benchmarks.idle", "videos", "--config", "configs/gpu.yaml", codes=(1,))

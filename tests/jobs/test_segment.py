"""The job as a cluster runs it: a process of its own, which starts a Ray of its own."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ike_ray.datasets.synthetic import draw_clip
from ike_ray.video.write import write_video

SCRIPT = Path(__file__).parents[2] / "jobs" / "segment.py"


@pytest.mark.ray
def test_it_is_the_segment_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    write_video(f"{tmp_path}/v.mp4", draw_clip(0, num_frames=4, height=64, width=96).frames, 10.0)
    small = ["--set", "video.working_size_px=[48, 64]", "--set", "network.num_steps=3", "--set", "graph.max_iterations=2"]
    command = [sys.executable, SCRIPT, tmp_path / "v.mp4", "--out", tmp_path / "run", *small]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "1 of 1 videos" in result.stderr
    assert pd.read_parquet(tmp_path / "run" / "outcomes")["status"].tolist() == ["ok"]
    failed = subprocess.run([sys.executable, SCRIPT, "/missing", "--out", tmp_path / "x"], capture_output=True, check=False)
    assert failed.returncode == 2

"""The command that measures long videos, on a short one."""

import subprocess
import sys
from pathlib import Path

from ike_ray.datasets.synthetic import draw_clip
from ike_ray.video.write import write_video

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "long_video.py"
SMALL = [
    *("video.working_size_px=[32, 48]", "network.num_steps=2", "graph.published.max_iterations=2", "windows.num_steps=1"),
    *("windows.max_nodes=13824", "windows.overlap_frames=3", "shots.detector=none"),  # nine frames of 32 x 48
]


def test_a_repeated_video_is_measured(tmp_path: Path) -> None:
    write_video(f"{tmp_path}/v.mp4", draw_clip(0, num_frames=8, height=64, width=96).frames, 10.0)
    settings = [part for setting in SMALL for part in ("--set", setting)]
    command = [sys.executable, SCRIPT, f"{tmp_path}/v.mp4", "--repeat", "3", *settings]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "frames 24, shots 1, windows 4" in result.stdout
    assert "at seams: mean" in result.stdout
    assert "of 12 steps" in result.stdout  # three seams of four steps: into the three shared frames, and out of them
    assert "peak memory" in result.stdout

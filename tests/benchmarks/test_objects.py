"""The command that scores several objects, on a clip with two."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from ike_ray.datasets.synthetic import draw_clip

REPOSITORY = Path(__file__).parents[2]
NUM_FRAMES, HEIGHT, WIDTH = 8, 96, 160


def test_two_drawn_objects_are_told_apart(tmp_path: Path) -> None:
    """A drawn clip, and below it another one: two objects, each in its own half."""
    upper, lower = (draw_clip(seed, num_frames=NUM_FRAMES, height=HEIGHT, width=WIDTH) for seed in (0, 0))
    for folder in ("frames", "masks_inst"):
        (tmp_path / "clip" / folder).mkdir(parents=True)
    for t in range(NUM_FRAMES):
        frame = np.concatenate([upper.frames[t], lower.frames[t]])
        numbers = np.concatenate([upper.masks[t] * 1, lower.masks[t] * 2]).astype(np.uint8)
        cv2.imwrite(f"{tmp_path}/clip/frames/{t:05d}.png", frame[..., ::-1])
        cv2.imwrite(f"{tmp_path}/clip/masks_inst/{t:05d}.png", numbers)
    command = [sys.executable, "-m", "benchmarks.objects", f"{tmp_path}/clip", "--picture", f"{tmp_path}/picture.jpg"]
    command += ["--set", "network.num_steps=20", "--set", "video.working_area_px=15360"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert result.returncode == 0, result.stderr
    scores = [float(value) for value in re.findall(r"object \d: proposal .* J ([\d.]+)", result.stdout)]
    assert len(scores) == 2
    assert min(scores) > 0.6
    assert "all objects" in result.stdout
    assert cv2.imread(f"{tmp_path}/picture.jpg").shape == (2 * 360, 5 * 300, 3)

"""The command that makes a dataset of videos and their outlines."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from benchmarks.outlined import draw_mask
from ike_ray.datasets.open import list_sequences

REPOSITORY = Path(__file__).parents[2]
SQUARE = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]


def write_video(path: Path, num_frames: int) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (64, 48))
    for index in range(num_frames):
        writer.write(np.full((48, 64, 3), 10 * index, np.uint8))
    writer.release()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.outlined", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)


def test_polygons_enclose_and_holes_let_through() -> None:
    hole = [[0.45, 0.45], [0.55, 0.45], [0.55, 0.55], [0.45, 0.55]]
    mask = draw_mask({"outside": [SQUARE], "holes": [hole]}, 100, 200)
    assert mask[25:76, 50:151].mean() > 0.9
    assert not mask[:24].any()
    assert not mask[46:54, 92:108].any()
    assert mask[40, 80]


def test_outlined_frames_are_the_scored_ones(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "one.mp4", 9)
    outlines = {"one.mp4": {"3": {"outside": [SQUARE]}, "6": {"outside": [SQUARE]}}, "absent.mp4": {}}
    (tmp_path / "outlines.json").write_text(json.dumps(outlines))
    result = run(f"{tmp_path}/davis", f"{tmp_path}/videos", "--outlines", f"{tmp_path}/outlines.json")
    assert result.returncode == 0, result.stderr
    assert "absent.mp4 is in none of the folders" in result.stdout
    (sequence,) = list_sequences("davis2016", f"{tmp_path}/davis", "outlined")
    assert [frame.index for frame in sequence.scored_frames] == [3, 6]
    np.testing.assert_array_equal(sequence.scored_frames[0].read_mask(), draw_mask({"outside": [SQUARE]}, 48, 64))
    assert len(list(Path(sequence.frames_uri).iterdir())) == 9


def test_folders_without_any_of_the_videos_are_refused(tmp_path: Path) -> None:
    result = run(f"{tmp_path}/davis", str(tmp_path))
    assert result.returncode == 2
    assert f"none of the outlined videos is in {tmp_path}" in result.stderr
    assert not (tmp_path / "davis").exists()
    assert f"there is no folder {tmp_path}/nowhere" in run(f"{tmp_path}/davis", f"{tmp_path}/nowhere").stderr

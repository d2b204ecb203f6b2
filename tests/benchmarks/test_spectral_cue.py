"""The command that asks whether a second cue helps the graph, on a drawn clip."""

import re
import subprocess
import sys
from pathlib import Path

from ike_ray.datasets.synthetic import write_drawn_dataset

REPOSITORY = Path(__file__).parents[2]


def test_mixtures_are_scored_beside_motion_alone(tmp_path: Path) -> None:
    write_drawn_dataset(f"{tmp_path}/davis", num_frames=6)
    Path(f"{tmp_path}/settings.yaml").write_text("video: {working_size_px: [72, 128]}\n")
    command = [sys.executable, "-m", "benchmarks.spectral_cue", f"{tmp_path}/davis", "--split", "demo"]
    command += ["--config", f"{tmp_path}/settings.yaml", "--sequences", "ellipse-0"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert result.returncode == 0, result.stderr
    line = re.search(r"^mean .*", result.stdout, re.MULTILINE)[0]
    scores = {
        name: float(re.search(rf"{re.escape(name)} (\d\.\d+)", line)[1]) for name in ("second", "motion", "0.8 m + 0.2 s")
    }
    assert scores["motion"] > 0.6  # what moves is the object
    assert all(0 <= score <= 1 for score in scores.values())

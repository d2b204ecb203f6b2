"""The command that compares variants of the method, on drawn clips."""

import re
import subprocess
import sys
from pathlib import Path

import cv2

from ike_ray.datasets.synthetic import write_drawn_dataset

REPOSITORY = Path(__file__).parents[2]


def test_stages_and_cycles_are_scored_and_drawn(tmp_path: Path) -> None:
    write_drawn_dataset(f"{tmp_path}/davis", num_frames=8)
    file = f"{tmp_path}/settings.yaml"
    Path(file).write_text("cycle: {max_cycles: 2, stop_iou: 2.0}\nvideo: {working_size_px: [36, 64], flow_area_px: null}\n")
    variants = [f"{file},network.num_steps=3", f"{file},network.num_steps=3,refine.edges=none"]
    command = [sys.executable, "-m", "benchmarks.quality", f"{tmp_path}/davis", "--split", "demo"]
    command += [part for variant in variants for part in ("--variant", variant)]
    command += ["--sequences", "ellipse-0", "rectangle-2", "ellipse-3", "--picture", f"{tmp_path}/picture.jpg"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert result.returncode == 0, result.stderr
    means = re.findall(r"^mean .*", result.stdout, re.MULTILINE)
    assert len(means) == len(variants)
    for column in ("cue 1", "graph 1", "labels 2", "network 2", "answer 2", "final", "F", "confidence", "s/frame"):
        assert f"{column} " in means[0]
    answers, finals = ([float(re.search(rf"{name} (\S+)", line)[1]) for line in means] for name in ("answer 2", "final"))
    assert answers[0] == answers[1] == finals[1] != finals[0]  # the last snaps to edges, the other does not
    assert result.stdout.count("rank correlation of confidence and J") == len(variants)
    picture = cv2.imread(f"{tmp_path}/picture.jpg")
    assert picture.shape == (3 * 135, 11 * 240, 3)  # the truth, and five stages of two cycles

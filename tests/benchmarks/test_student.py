"""The groups of a student's benchmark: what is learned is never what is unseen."""

import subprocess
import sys
from pathlib import Path

import pandas as pd

from benchmarks.student import GROUPS, build_groups
from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset

REPOSITORY = Path(__file__).parents[2]


def test_sequences_are_dealt_into_three_groups(tmp_path: Path) -> None:
    write_drawn_dataset(f"{tmp_path}/drawn", num_frames=3)
    davis = build_groups(tmp_path / "drawn", SPLIT, tmp_path / "out")
    names = [[sequence.name for sequence in list_sequences("davis2016", str(davis), f"group-{group}")] for group in GROUPS]
    assert names == [["ellipse-0", "rectangle-2"], ["ellipse-1"], ["ellipse-3"]]
    for group, expected in enumerate(names):
        rows = pd.read_csv(tmp_path / "out" / f"group-{group}.csv")
        assert rows["video_id"].tolist() == expected
        assert all(Path(uri, "00000.jpg").is_file() for uri in rows["uri"])
    assert build_groups(tmp_path / "drawn", SPLIT, tmp_path / "out") == davis  # the same command goes on


def test_its_options_are_explained() -> None:
    command = [sys.executable, "-m", "benchmarks.student", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout
    assert "--teacher" in said

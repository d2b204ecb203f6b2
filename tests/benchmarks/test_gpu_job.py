"""The command that measures jobs on a GPU: that all of it runs without one, kills and comparison too."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu_job import Verdicts

REPOSITORY = Path(__file__).parents[2]


def test_a_verdict_is_a_line_and_only_what_was_missed_counts(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = Verdicts()
    verdicts.judge("speed", "41", "at least 40", is_kept=True)
    verdicts.leave_out("idle share", "no GPU is used")
    assert verdicts.num_missed == 0
    verdicts.judge("speed", "39", "at least 40", is_kept=False)
    assert verdicts.num_missed == 1
    assert capsys.readouterr().out.splitlines() == [
        "speed: ok: found 41, wanted at least 40",
        "idle share: not measured: no GPU is used",
        "speed: missed: found 39, wanted at least 40",
    ]


@pytest.mark.rare
@pytest.mark.timeout(1800)
def test_the_whole_command_without_a_gpu() -> None:
    environment = os.environ | {"DEVICE": "cpu", "SIZE": "tiny", "PYTHON": sys.executable}
    done = subprocess.run(
        ["benchmarks/gpu_job.sh"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    verdicts = dict(re.findall(r"^([a-zA-Z ,.]+): (ok|missed|not measured): ", done.stdout, re.MULTILINE))
    made = [
        "draw",
        "segment",
        "workers at once",
        "kills",
        "rows after kills",
        "masks after kills",
        "train",
        "predict",
        "spectral",
    ]
    left_out = ["idle share", "frames a second", "core seconds a frame", "peak GPU memory", "time of all"]
    left_out.append("idle share, by benchmarks.idle")
    assert verdicts == dict.fromkeys(made, "ok") | dict.fromkeys(left_out, "not measured"), done.stdout + done.stderr
    assert done.returncode == 0
    assert "0 checks were missed" in done.stdout

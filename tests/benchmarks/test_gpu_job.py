"""The command that measures jobs on a GPU: that all of it runs without one, kills and comparison too."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.gpu_use import SIZES, Machine, Sample, Verdicts, judge_use

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


@pytest.mark.parametrize("without_limits", [None, "a reason"])
def test_use_is_counted_once_each_worker_has_ended_a_video(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, without_limits: str | None
) -> None:
    machine = Machine(
        folder=tmp_path, is_gpu=True, size=SIZES["tiny"], settings=(), without_limits=without_limits, environment={}
    )
    rows = [{"finished": datetime.fromtimestamp(100 + s, UTC), "frames": 10} for s in (8, 2, 3, 6)]
    samples = [
        Sample(at_s=100 + s, core_s=s / 2, num_processes=2, busy_percent=0 if s < 6 else 50, gpu_mb=None) for s in range(10)
    ]
    verdicts = Verdicts()
    judge_use(machine, verdicts, samples, rows, 10.0)
    output = capsys.readouterr().out.splitlines()
    assert "whole job: 40 frames in 10 s, 4.00 frames a second, 0.113 core seconds a frame" in output  # 4.5 s of 40 frames
    # From second 3 to 8: 20 frames, 2.5 core seconds, and samples at 3 to 8, three of them idle.
    found = {"frames a second": "4.00", "core seconds a frame": "0.125", "idle share": "50.0%"}
    for name, value in found.items():
        start = (
            f"{name}: not measured: a reason; found {value}" if without_limits else f"{name}: missed: found {value}, wanted "
        )
        assert any(line.startswith(start) for line in output), output
    assert verdicts.num_missed == (0 if without_limits else 3)
    assert "peak GPU memory: not measured: nvidia-smi says nothing" in output


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

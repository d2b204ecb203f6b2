"""The jobs of a student as a cluster runs them: what they refuse before any Ray is started."""

import subprocess
import sys
from pathlib import Path

import pytest

JOBS = Path(__file__).parents[2] / "jobs"


@pytest.mark.parametrize(
    ("job", "arguments", "message"),
    [
        ("train", ["MISSING", "--out", "NEW"], "is not a run folder"),
        (
            "train",
            ["MISSING", "--out", "NEW", "--set", "training.batch_size=3", "--set", "workers.num_workers=2"],
            "multiple of",
        ),
        ("predict", ["MISSING", "--model", "NEW", "--out", "RUN"], "is not a student's folder"),
    ],
)
def test_it_is_the_command(job: str, arguments: list[str], message: str, tmp_path: Path) -> None:
    words = [str(tmp_path / word) if word.isupper() else word for word in arguments]
    done = subprocess.run([sys.executable, JOBS / f"{job}.py", *words], capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert not (tmp_path / "NEW").exists()

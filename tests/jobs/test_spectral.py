"""The spectral job as a cluster runs it: a process of its own."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "jobs" / "spectral.py"


def test_it_is_the_spectral_command(tmp_path: Path) -> None:
    """tests/cli has a whole run; here the arguments arrive, before a Ray is started."""
    command = [sys.executable, SCRIPT, "/missing", "--out", tmp_path / "run"]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert "expected an image, a video, a folder of images" in failed.stderr

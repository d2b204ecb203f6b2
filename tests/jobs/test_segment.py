"""The main job as a cluster runs it: a process of its own."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "jobs" / "segment.py"


def test_it_is_the_segment_command(tmp_path: Path) -> None:
    """tests/cli/test_submit.py has a whole job on a head; here the arguments arrive, before a Ray is started."""
    command = [sys.executable, SCRIPT, "/missing", "--out", tmp_path / "run"]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert "expected a video, a folder of videos" in failed.stderr

from pathlib import Path

import pytest

from ike_ray.config import Config
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from tests.report.written_run import write_failed, write_segmented


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """One segmented video and two that failed, one of which is called and fails in the words of an attack."""
    run = create_run(f"{tmp_path}/run", Config(), "videos", [])
    write_segmented(run, "a.mp4", warning="breaks off")
    write_failed(run, "b.mp4", "cannot read <it>")
    write_failed(run, "<img src=x onerror=alert(1)>.mp4", "</script><b>no</b>")
    return run

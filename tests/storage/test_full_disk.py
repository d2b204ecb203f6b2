"""A disk that is really full."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ike_ray.errors import InputError, RunError, TransientError
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import create_bytes, read_bytes, write_bytes
from ike_ray.video.write import write_video


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """One of a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_leaves_the_old_file(small_disk: Path) -> None:
    uri = f"{small_disk}/outcomes/a.parquet"
    write_bytes(uri, b"old")
    with pytest.raises(TransientError, match=r"No space left on device.*Make room on that disk"):
        write_bytes(uri, bytes(2_000_000))
    assert read_bytes(uri) == b"old"
    assert [path.name for path in (small_disk / "outcomes").iterdir()] == ["a.parquet"]
    write_bytes(uri, b"new")
    assert read_bytes(uri) == b"new"


def test_a_full_disk_under_the_run_is_no_videos_fault(small_disk: Path) -> None:
    run = RunFolder(uri=str(small_disk), digest="0" * 12)
    run.write_file(b"small", "strips", "a.jpg")
    with pytest.raises(RunError, match=r"cannot write to the run .*No space left on device.*Make room on that disk"):
        run.write_file(bytes(2_000_000), "strips", "b.jpg")
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (480, 640, 3), np.uint8) for _ in range(8)]  # noise, which takes a megabyte
    with pytest.raises(RunError, match="No space left on device"):
        write_video(run.file("overlays", "a.mp4"), frames, 25.0, keep=run.keep_writing)
    assert [path.name for path in small_disk.rglob("*.*")] == ["a.jpg"]

    def read_frames() -> Iterator[np.ndarray]:
        yield frames[0]
        raise InputError("cannot read frame 1")

    with pytest.raises(InputError, match="cannot read frame 1"):  # that is the video's
        write_video(run.file("overlays", "a.mp4"), read_frames(), 25.0, keep=run.keep_writing)
    with pytest.raises(TransientError, match="No space left on device"):
        create_bytes(f"{small_disk}/driver/000001.json", bytes(2_000_000))
    assert not list((small_disk / "driver").iterdir())

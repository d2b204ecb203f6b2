"""A disk that is really full."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ike_ray.errors import TransientError
from ike_ray.storage.files import read_bytes, write_bytes


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

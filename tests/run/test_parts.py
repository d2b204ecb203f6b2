"""Packing, and what a process that is killed anywhere in it leaves behind."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from ike_ray.config import Config
from ike_ray.records import FrameMask, VideoRef, WindowRecord
from ike_ray.run import parts
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.parts import pack_inbox
from ike_ray.run.rows import build_frame_row, build_outcome_row


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(f"{tmp_path}/run", Config(), "videos", [])


def write_video(run: RunFolder, number: int, *, status: str = "ok", num_frames: int = 2) -> None:
    ref = VideoRef(video_id=f"v{number}", uri=f"/videos/v{number}")
    if status == "ok":
        mask = np.eye(8, dtype=bool)
        frames = [
            FrameMask(
                frame_index=i,
                timestamp_s=0.0,
                threshold=0.5,
                mask=mask,
                soft_mask=mask.astype(np.float32),
                objects=None,
                confidence=0.5,
            )
            for i in range(num_frames)
        ]
        window = WindowRecord(window=1, shot=1, history=(), is_converged=False)
        run.write_frames(ref.video_id, [build_frame_row(ref.video_id, frame, window) for frame in frames])
    row = build_outcome_row(ref, device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=1.0)
    run.write_outcome(row | {"status": status})


def check(run: RunFolder, num_videos: int) -> None:
    """Every video once, each with its frames, for our reader and for anybody's."""
    names = sorted(f"v{i}" for i in range(num_videos))
    assert sorted(run.read_outcomes(["video_id"])["video_id"].to_pylist()) == names
    assert all(len(run.read_frames(name)) == 2 for name in names)


def test_many_small_files_become_few(run: RunFolder) -> None:
    for first in (0, 7):
        for number in range(first, first + 7):
            write_video(run, number)
        assert pack_inbox(run, full_videos=5) == 7
    assert [path.name for path in sorted(Path(run.file("outcomes")).iterdir())] == [f"part-0000{i}.parquet" for i in range(3)]
    check(run, 14)
    for kind, count in (("outcomes", 14), ("frames", 28)):
        assert duckdb.sql(f"select count(*) from '{run.file(kind)}/*.parquet'").fetchall() == [(count,)]
    assert not list(Path(run.file("inbox")).rglob("*.parquet"))


def test_a_part_is_bounded_in_bytes(run: RunFolder) -> None:
    for number in range(6):
        write_video(run, number)
    pack_inbox(run, full_bytes=1)
    assert len(list(Path(run.file("frames")).iterdir())) == 6
    check(run, 6)


def test_a_doubled_video_counts_once(run: RunFolder) -> None:
    for _ in range(2):
        write_video(run, 0)
        write_video(run, 1)
        check(run, 2)
        pack_inbox(run)
        check(run, 2)
    assert duckdb.sql(f"select count(*) from '{run.file('frames')}/*.parquet'").fetchall() == [(4,)]


class Killed(BaseException):
    """Stands for the end of the process. Nothing after it runs."""


@pytest.mark.parametrize("calls", range(12))
def test_killed_anywhere_it_loses_and_doubles_nothing(run: RunFolder, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends after each possible number of writes and removals; then another one packs."""
    for number in range(2):
        write_video(run, number)
    pack_inbox(run, full_videos=3)
    for number in range(2, 5):
        write_video(run, number)
    left = [calls]

    def die(function):
        def wrapper(*arguments):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return function(*arguments)

        return wrapper

    with monkeypatch.context() as patch:
        patch.setattr(parts, "write_groups", die(parts.write_groups))
        patch.setattr(parts, "remove_files", die(parts.remove_files))
        patch.setattr(parts, "_CONNECTIONS", 1)
        try:
            pack_inbox(run, full_videos=3)
            is_killed = False
        except Killed:
            is_killed = True
    assert is_killed == (calls < 10)  # 2 parts of 2 files, 3 videos with 2 files to remove
    check(run, 5)
    for kind in ("outcomes", "frames"):
        counts = f"select count(*) from '{run.file(kind)}/*.parquet' group by video_id"
        assert {count for (count,) in duckdb.sql(counts).fetchall()} == {2 if kind == "frames" else 1}
    write_video(run, 5)
    pack_inbox(run, full_videos=3)
    check(run, 6)
    assert duckdb.sql(f"select count(*) from '{run.file('outcomes')}/*.parquet'").fetchall() == [(6,)]
    assert duckdb.sql(f"select count(*) from '{run.file('frames')}/*.parquet'").fetchall() == [(12,)]


def test_failed_videos_have_no_frames(run: RunFolder) -> None:
    write_video(run, 0, status="failed")
    pack_inbox(run)
    assert run.read_outcomes(["status"])["status"].to_pylist() == ["failed"]
    assert not Path(run.file("frames")).exists() or not list(Path(run.file("frames")).iterdir())

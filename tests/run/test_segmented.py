from pathlib import Path

import numpy as np
import pytest

from ike_ray.masks.rle import read_rle
from ike_ray.run.parts import pack_inbox
from ike_ray.run.segmented import list_frame_files, list_segmented, read_segmented
from ike_ray.run.tables import FRAME_SCHEMA, read_table
from ike_ray.storage.files import write_bytes
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


def test_videos_with_masks_are_listed_as_they_were_asked(drawn_run: DrawnRun) -> None:
    assert list_segmented(drawn_run.run) == ["bear", "sub/cat.mp4", "dog.mp4"]
    Path(drawn_run.run.file("manifest.parquet")).unlink()
    assert sorted(list_segmented(drawn_run.run)) == ["bear", "dog.mp4", "sub/cat.mp4"]


def test_rows_come_from_the_inbox_and_from_parts(drawn_run: DrawnRun) -> None:
    videos = {video.video_id: video for video in read_segmented(drawn_run.run, list_segmented(drawn_run.run))}
    assert set(videos) == set(drawn_run.masks)
    for name, video in videos.items():
        assert [row["frame_index"] for row in video.rows] == drawn_run.frame_indices[name]
        for row, mask in zip(video.rows, drawn_run.masks[name], strict=True):
            np.testing.assert_array_equal(read_rle(row["mask"]), mask)
    cat = videos["sub/cat.mp4"]
    assert (cat.height, cat.width, cat.fps, cat.confidence) == (HEIGHT, WIDTH, 10.0, 0.75)
    assert cat.uri.endswith("/videos/sub/cat.mp4")
    assert videos["bear"].fps is None


def test_only_what_is_asked_for_is_read(drawn_run: DrawnRun) -> None:
    assert [video.video_id for video in read_segmented(drawn_run.run, ["dog.mp4", "x.mp4", "none"])] == ["dog.mp4"]


def test_a_video_that_moves_meanwhile_is_seen_once(drawn_run: DrawnRun) -> None:
    videos = read_segmented(drawn_run.run, list_segmented(drawn_run.run))
    seen = [next(videos).video_id]  # from the inbox, which is then emptied
    pack_inbox(drawn_run.run)
    seen += [video.video_id for video in videos]
    assert sorted(seen) == ["bear", "dog.mp4", "sub/cat.mp4"]


def restore(files: dict[Path, bytes]) -> None:
    for path, data in files.items():
        write_bytes(str(path), data)


def count_rows(drawn_run: DrawnRun) -> int:
    """Of all frame files; each row is one of another frame."""
    rows = [row for uri in list_frame_files(drawn_run.run) for row in read_table(uri, FRAME_SCHEMA).to_pylist()]
    assert len({(row["video_id"], row["frame_index"]) for row in rows}) == len(rows)
    return len(rows)


@pytest.mark.parametrize("is_written", [False, True], ids=["before outcomes", "before the inbox is emptied"])
def test_what_a_killed_process_left_does_not_count_twice(drawn_run: DrawnRun, is_written: bool) -> None:
    """Frames are packed before outcomes, and the inbox is emptied last."""
    assert count_rows(drawn_run) == 10
    outcomes = Path(drawn_run.run.file("outcomes", "part-00000.parquet"))
    before = outcomes.read_bytes()
    inbox = {path: path.read_bytes() for path in Path(drawn_run.run.file("inbox")).rglob("*.parquet")}
    pack_inbox(drawn_run.run)
    assert count_rows(drawn_run) == 10
    restore(inbox | ({} if is_written else {outcomes: before}))
    assert count_rows(drawn_run) == 10
    names = [video.video_id for video in read_segmented(drawn_run.run, list_segmented(drawn_run.run))]
    assert sorted(names) == ["bear", "dog.mp4", "sub/cat.mp4"]


def test_frames_of_a_video_that_is_not_done_do_not_count(drawn_run: DrawnRun) -> None:
    Path(drawn_run.run.inbox_file("outcomes", "dog.mp4")).unlink()
    assert count_rows(drawn_run) == 7

from pathlib import Path

import numpy as np
import pytest

from ike_ray.masks.rle import read_rle
from ike_ray.storage.files import read_bytes, write_bytes
from ike_ray.storage.parts import pack_inbox
from ike_ray.storage.segmented import list_segmented, read_segmented
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun, write_drawn_run


@pytest.fixture
def drawn(tmp_path: Path) -> DrawnRun:
    return write_drawn_run(str(tmp_path))


def test_videos_with_masks_are_listed_as_they_were_asked(drawn: DrawnRun) -> None:
    assert list_segmented(drawn.run) == ["bear", "sub/cat.mp4", "dog.mp4"]
    Path(drawn.run.file("manifest.parquet")).unlink()
    assert sorted(list_segmented(drawn.run)) == ["bear", "dog.mp4", "sub/cat.mp4"]


def test_rows_come_from_the_inbox_and_from_parts(drawn: DrawnRun) -> None:
    videos = {video.video_id: video for video in read_segmented(drawn.run, list_segmented(drawn.run))}
    assert set(videos) == set(drawn.masks)
    for name, video in videos.items():
        assert [row["frame_index"] for row in video.rows] == drawn.frame_indices[name]
        for row, mask in zip(video.rows, drawn.masks[name], strict=True):
            np.testing.assert_array_equal(read_rle(row["mask"]), mask)
    cat = videos["sub/cat.mp4"]
    assert (cat.height, cat.width, cat.fps, cat.confidence) == (HEIGHT, WIDTH, 10.0, 0.75)
    assert cat.uri.endswith("/videos/sub/cat.mp4")
    assert videos["bear"].fps is None


def test_only_what_is_asked_for_is_read(drawn: DrawnRun) -> None:
    assert [video.video_id for video in read_segmented(drawn.run, ["dog.mp4", "x.mp4", "none"])] == ["dog.mp4"]


def test_a_video_that_moves_meanwhile_is_seen_once(drawn: DrawnRun) -> None:
    videos = read_segmented(drawn.run, list_segmented(drawn.run))
    seen = [next(videos).video_id]  # from the inbox, which is then emptied
    pack_inbox(drawn.run)
    seen += [video.video_id for video in videos]
    assert sorted(seen) == ["bear", "dog.mp4", "sub/cat.mp4"]


def test_rows_that_a_killed_process_left_in_a_part_do_not_count_twice(drawn: DrawnRun) -> None:
    """Frames are packed before outcomes: between the two, a part has rows of videos that still wait."""
    outcomes = Path(drawn.run.file("outcomes", "part-00000.parquet"))
    before = outcomes.read_bytes()
    inbox = {path: path.read_bytes() for path in Path(drawn.run.file("inbox")).rglob("*.parquet")}
    pack_inbox(drawn.run)
    outcomes.write_bytes(before)
    for path, data in inbox.items():
        write_bytes(str(path), data)
        assert read_bytes(str(path)) == data
    assert sorted(video.video_id for video in read_segmented(drawn.run, list_segmented(drawn.run))) == [
        *("bear", "dog.mp4", "sub/cat.mp4")
    ]

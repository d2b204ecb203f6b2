from pathlib import Path

import numpy as np

from ike_ray.masks.rle import read_rle
from ike_ray.storage.files import read_bytes, write_bytes
from ike_ray.storage.parts import pack_inbox
from ike_ray.storage.segmented import list_segmented, read_segmented
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


def test_rows_that_a_killed_process_left_in_a_part_do_not_count_twice(drawn_run: DrawnRun) -> None:
    """Frames are packed before outcomes: between the two, a part has rows of videos that still wait."""
    outcomes = Path(drawn_run.run.file("outcomes", "part-00000.parquet"))
    before = outcomes.read_bytes()
    inbox = {path: path.read_bytes() for path in Path(drawn_run.run.file("inbox")).rglob("*.parquet")}
    pack_inbox(drawn_run.run)
    outcomes.write_bytes(before)
    for path, data in inbox.items():
        write_bytes(str(path), data)
        assert read_bytes(str(path)) == data
    assert sorted(video.video_id for video in read_segmented(drawn_run.run, list_segmented(drawn_run.run))) == [
        *("bear", "dog.mp4", "sub/cat.mp4")
    ]

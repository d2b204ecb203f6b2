from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pytest

from ike_ray.config import WindowsConfig
from ike_ray.errors import InputError
from ike_ray.video.clip import WorkingFrame
from ike_ray.windows.plan import Window, follow_windows

NINE = WindowsConfig(max_nodes=9 * 6 + 5, overlap_frames=2)  # nine frames of 2 x 3 pixels


def list_frames(*shot_lengths: int) -> Iterator[tuple[int, WorkingFrame]]:
    index = 0
    for shot, length in enumerate(shot_lengths, start=1):
        for _ in range(length):
            image = np.full((2, 3, 3), index % 256, np.uint8)
            yield shot, WorkingFrame(index=index, timestamp_s=0.0, image=image, flow_image=image, height=4, width=6)
            index += 1


def spans(windows: Iterable[Window]) -> list[tuple[int, int]]:
    return [(window.frames[0].index, window.frames[-1].index + 1) for window in windows]


@pytest.mark.parametrize("length", [1, 2, 9])
def test_a_shot_that_fits_is_one_window(length: int) -> None:
    (window,) = follow_windows(list_frames(length), NINE)
    assert (len(window.frames), window.overlap_before, window.overlap_after) == (length, 0, 0)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (10, [(0, 6), (4, 10)]),  # 10 + 2 frames shared evenly, not nine and three
        (11, [(0, 7), (5, 11)]),
        (16, [(0, 9), (7, 16)]),  # two full ones
        (17, [(0, 9), (7, 13), (11, 17)]),
        (30, [(0, 9), (7, 16), (14, 23), (21, 30)]),
    ],
)
def test_a_longer_shot_is_shared_evenly_at_its_end(length: int, expected: list[tuple[int, int]]) -> None:
    assert spans(follow_windows(list_frames(length), NINE)) == expected


@pytest.mark.parametrize("length", range(10, 60))
def test_windows_overlap_by_what_is_set_and_no_frame_is_in_three(length: int) -> None:
    windows = list(follow_windows(list_frames(length), NINE))
    assert [w.overlap_before for w in windows] == [0] + [2] * (len(windows) - 1)
    assert [w.overlap_after for w in windows] == [2] * (len(windows) - 1) + [0]
    finished = [f.index for w in windows for f in w.frames[: len(w.frames) - w.overlap_after]]
    assert finished == list(range(length))
    for before, after in pairwise(windows):
        assert before.frames[-2:] == after.frames[:2]
    assert all(4 <= len(window.frames) <= 9 for window in windows)


def test_no_window_crosses_a_cut() -> None:
    windows = list(follow_windows(list_frames(3, 12, 1, 2), NINE))
    assert spans(windows) == [(0, 3), (3, 10), (8, 15), (15, 16), (16, 18)]
    assert [window.shot for window in windows] == [1, 2, 2, 3, 4]
    assert [window.overlap_before for window in windows] == [0, 0, 2, 0, 0]


def test_no_more_is_read_ahead_than_two_windows() -> None:
    num_read = 0

    def count() -> Iterator[tuple[int, WorkingFrame]]:
        nonlocal num_read
        for pair in list_frames(500):
            num_read += 1
            yield pair

    for window in follow_windows(count(), NINE):
        first = window.frames[0].index
        assert num_read <= first + 2 * 9 - 2 + 1


def test_windows_without_room_for_their_overlaps_are_told() -> None:
    config = WindowsConfig(max_nodes=5 * 6, overlap_frames=2)
    assert len(list(follow_windows(list_frames(5), config))) == 1
    with pytest.raises(InputError, match=r"at least 6 frames of 2 x 3, found windows\.max_nodes = 30 to hold 5"):
        list(follow_windows(list_frames(6), config))

import numpy as np
import pytest

from ike_ray.config import ObjectsConfig
from ike_ray.records import Flow
from ike_ray.refine.object_numbers import follow_objects, match_objects, resize_numbers

CONFIG = ObjectsConfig(max_objects=5)
HEIGHT, WIDTH = 32, 64


def build_still_flow(num_frames: int) -> Flow:
    steps = np.zeros((num_frames - 1, HEIGHT, WIDTH, 2), np.float32)
    return Flow(forward=steps, backward=steps.copy())


def build_meeting(num_frames: int = 9) -> tuple[np.ndarray, np.ndarray, Flow]:
    """Two squares that walk towards each other, two pixels a frame, until they touch; with their numbers and exact flow."""
    truth = np.zeros((num_frames, HEIGHT, WIDTH), np.int64)
    forward = np.zeros((num_frames - 1, HEIGHT, WIDTH, 2), np.float32)
    backward = forward.copy()
    for t in range(num_frames):
        left = 2 + 2 * t
        right = WIDTH - 12 - 2 * t - 10
        for number, start, speed in ((1, left, 2), (2, right, -2)):
            square = (slice(10, 20), slice(start, start + 12))
            truth[(t, *square)] = number
            if t < num_frames - 1:
                forward[(t, *square, 0)] = speed
            if t > 0:
                backward[(t - 1, *square, 0)] = -speed
    return truth > 0, truth, Flow(forward=forward, backward=backward)


def test_objects_that_come_to_touch_stay_apart() -> None:
    masks, truth, flow = build_meeting()
    assert (masks[-1][12, 18:38]).all()  # they touch
    numbers = follow_objects(masks, flow, CONFIG)
    assert set(np.unique(numbers)) == {0, 1, 2}
    swapped = numbers[0][12, 4] == 2
    for number in (1, 2):
        found = numbers == (3 - number if swapped else number)
        agree = (found & (truth == number)).sum(axis=(1, 2)) / (found | (truth == number)).sum(axis=(1, 2))
        assert agree.min() > 0.85


def test_objects_that_part_were_two_from_the_start() -> None:
    masks, _, flow = build_meeting()
    reversed_flow = Flow(forward=flow.backward[::-1].copy(), backward=flow.forward[::-1].copy())
    numbers = follow_objects(masks[::-1].copy(), reversed_flow, CONFIG)
    np.testing.assert_array_equal(numbers[::-1], follow_objects(masks, flow, CONFIG))


def test_what_appears_is_a_new_object_and_specks_are_none() -> None:
    masks = np.zeros((6, HEIGHT, WIDTH), bool)
    masks[:, 4:24, 4:24] = True
    masks[4:, 10:20, 40:50] = True
    masks[:, 30, 60] = True
    numbers = follow_objects(masks, build_still_flow(6), CONFIG)
    assert (numbers[:, 10, 10] == 1).all()
    assert numbers[:, 15, 45].tolist() == [0, 0, 0, 0, 2, 2]
    assert not numbers[:, 30, 60].any()


def test_only_the_largest_are_numbered() -> None:
    masks = np.zeros((3, HEIGHT, WIDTH), bool)
    for index, size in enumerate((6, 10, 8)):
        masks[:, :size, 20 * index : 20 * index + size] = True
    numbers = follow_objects(masks, build_still_flow(3), ObjectsConfig(max_objects=2))
    assert [numbers[0, 0, column] for column in (0, 20, 40)] == [0, 1, 2]


@pytest.mark.parametrize("num_frames", [1, 4])
def test_an_empty_mask_has_no_objects(num_frames: int) -> None:
    assert not follow_objects(np.zeros((num_frames, HEIGHT, WIDTH), bool), build_still_flow(num_frames), CONFIG).any()


def test_windows_agree_on_numbers() -> None:
    """What the last window called 7 and 3 keeps that name; what it did not know gets the next free number."""
    numbers = np.zeros((3, 1, 12), np.uint8)
    numbers[:, 0, 0:3], numbers[:, 0, 4:7], numbers[2, 0, 8:] = 1, 2, 3
    known = np.zeros((2, 1, 12), np.uint8)
    known[:, 0, 0:2], known[:, 0, 4:8] = 7, 3
    renamed = match_objects(numbers, known, 7)
    assert renamed[2, 0].tolist() == [7, 7, 7, 0, 3, 3, 3, 0, 8, 8, 8, 8]
    assert match_objects(numbers, known[:0], 0)[2, 0].tolist() == numbers[2, 0].tolist()


def test_a_number_goes_to_one_object() -> None:
    """Where a window splits what the last one held for one object, the larger part keeps the number."""
    numbers = np.array([[[1, 1, 2, 2, 2]]], np.uint8)
    assert match_objects(numbers, np.full((1, 1, 5), 4, np.uint8), 4)[0, 0].tolist() == [5, 5, 4, 4, 4]


def test_there_are_no_more_than_255_numbers() -> None:
    numbers = np.arange(1, 11, dtype=np.uint8)[None, None]
    assert match_objects(numbers, numbers[:0], 250)[0, 0].tolist() == [251, 252, 253, 254, 255, 0, 0, 0, 0, 0]


def test_numbers_fill_the_mask_at_full_size() -> None:
    numbers = np.zeros((4, 8), np.uint8)
    numbers[1:3, 1:3], numbers[1:3, 3:5] = 1, 2
    mask = np.zeros((16, 32), bool)
    mask[3:13, 3:21] = True  # a pixel more than 4:12, 4:20 on each side
    mask[5, 31] = True  # far from any object
    resized = resize_numbers(numbers, mask)
    assert set(np.unique(resized[3:13, 3:12])) == {1}
    assert set(np.unique(resized[3:13, 12:21])) == {2}
    assert resized[5, 31] == 0
    assert not resized[~mask].any()
    assert not resize_numbers(np.zeros((4, 8), np.uint8), mask).any()

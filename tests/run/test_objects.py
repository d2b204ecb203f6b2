import numpy as np
import pytest

from ike_ray.run.objects import build_numbers, count_pixels, list_new_numbers, list_objects, read_object_masks
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


def test_one_object_is_number_1(drawn_run: DrawnRun) -> None:
    row = drawn_run.video("bear").rows[0]
    mask = drawn_run.masks["bear"][0]
    assert [entry["number"] for entry in list_objects(row)] == [1]
    np.testing.assert_array_equal(read_object_masks(row)[1], mask)
    assert count_pixels(list_objects(row)[0]) == mask.sum()


def test_an_empty_mask_has_no_object(drawn_run: DrawnRun) -> None:
    row = drawn_run.video("dog.mp4").rows[-1]
    assert list_objects(row) == []
    assert read_object_masks(row) == {}
    assert not build_numbers(row, {1: 1}).any()
    assert build_numbers(row, {}).shape == (HEIGHT, WIDTH)


def test_several_objects_keep_their_numbers(drawn_run: DrawnRun) -> None:
    rows, numbers = drawn_run.video("sub/cat.mp4").rows, drawn_run.objects["sub/cat.mp4"]
    assert [sorted(read_object_masks(row)) for row in rows] == [[1, 2], [1, 2], [2]]
    np.testing.assert_array_equal(build_numbers(rows[0], {1: 1, 2: 2}), numbers[0])
    np.testing.assert_array_equal(build_numbers(rows[0], {2: 9}), np.where(numbers[0] == 2, 9, 0))
    assert [count_pixels(entry) for entry in list_objects(rows[0])] == [(numbers[0] == 1).sum(), (numbers[0] == 2).sum()]


@pytest.mark.parametrize(("max_objects", "expected"), [(9, {2: 1, 5: 2, 9: 3}), (2, {2: 1, 9: 2}), (1, {9: 1})])
def test_the_largest_objects_get_new_numbers(max_objects: int, expected: dict[int, int]) -> None:
    """9 covers 0.6 in two frames, 2 covers 0.3 once, 5 covers 0.1 in each of two."""
    frames = [{9: 0.3, 5: 0.1}, {9: 0.3, 2: 0.3, 5: 0.1}]
    rows = [{"objects": [{"number": n, "area_fraction": a} for n, a in frame.items()]} for frame in frames]
    assert list_new_numbers(rows, max_objects) == expected

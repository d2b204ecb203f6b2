import numpy as np
import pytest

from ike_ray.metrics.localization import build_largest_box, evaluate_box_iou, is_localized


def test_the_box_is_that_of_the_largest_part() -> None:
    mask = np.zeros((10, 12), bool)
    mask[1:3, 1:3] = True
    mask[3, 3] = True  # touches at a corner: the same part
    mask[6:8, 8:12] = True
    assert build_largest_box(mask) == (8, 6, 12, 8)
    mask[4, 4:8] = True
    assert build_largest_box(mask) == (1, 1, 8, 5)


def test_an_empty_mask_has_no_box_and_finds_nothing() -> None:
    assert build_largest_box(np.zeros((3, 4), bool)) is None
    assert not is_localized(None, [(0, 0, 4, 3)])


@pytest.mark.parametrize(
    ("box", "iou"),
    [
        ((0, 0, 4, 4), 1.0),
        ((2, 0, 6, 4), 8 / 24),
        ((0, 0, 4, 2), 0.5),
        ((4, 0, 8, 4), 0.0),  # they touch
        ((9, 9, 12, 12), 0.0),
    ],
)
def test_overlap_by_hand(box: tuple[int, int, int, int], iou: float) -> None:
    assert evaluate_box_iou(box, (0, 0, 4, 4)) == pytest.approx(iou)


def test_one_true_box_of_several_is_enough_and_half_is_enough() -> None:
    assert is_localized((0, 0, 4, 2), [(9, 9, 12, 12), (0, 0, 4, 4)])
    assert not is_localized((0, 0, 3, 2), [(9, 9, 12, 12), (0, 0, 4, 4)])
    assert not is_localized((0, 0, 4, 4), [])

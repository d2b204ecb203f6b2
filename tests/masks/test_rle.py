import numpy as np
import pytest
from pycocotools import mask as coco_mask

from ike_ray.masks.rle import build_rle, list_runs, read_rle


@pytest.mark.parametrize("fill", [0.0, 0.3, 1.0])
def test_a_mask_survives_and_pycocotools_reads_the_row(rng: np.random.Generator, fill: float) -> None:
    mask = rng.random((13, 7)) < fill
    rle = build_rle(mask)
    assert rle["size"] == [13, 7]
    np.testing.assert_array_equal(read_rle(rle), mask)
    np.testing.assert_array_equal(coco_mask.decode(rle).astype(bool), mask)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1]], [0, 1]),
        ([[0, 1], [1, 0]], [1, 2, 1]),
        ([[1, 1, 0], [0, 0, 1]], [0, 2, 3, 1]),
        ([[0, 1, 0], [1, 0, 1]], [1, 1, 1, 1, 1, 1]),
    ],
)
def test_runs_go_row_by_row_and_begin_outside(rows: list[list[int]], expected: list[int]) -> None:
    assert list_runs(np.array(rows, bool)) == expected

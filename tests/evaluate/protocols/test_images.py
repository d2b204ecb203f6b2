from pathlib import Path

import cv2
import pytest

from tests.evaluate.drawn import build_benchmark, draw_row, evaluate_folder, write_image

TRUTH = draw_row(255, 255, 0, 0)


def test_means_over_images(tmp_path: Path) -> None:
    """The first map, cut at half, has one pixel of the two and IoU 1/2; the second is exact, the third is not there."""
    images = [write_image(tmp_path, name, TRUTH) for name in ("a", "b", "c")]
    cv2.imwrite(f"{tmp_path}/a.png", draw_row(200, 90, 40, 0))
    cv2.imwrite(f"{tmp_path}/b.png", TRUTH // 255)
    benchmark = build_benchmark(images, protocol="images", kind="image", dataset="ecssd")
    scores = evaluate_folder(tmp_path, benchmark)
    values = {average.key: average.value for average in scores.averages}
    assert values["sequences", "iou", "mean"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert values["sequences", "accuracy", "mean"] == pytest.approx((0.75 + 1 + 0.5) / 3)
    assert values["sequences", "f_beta", "max"] == pytest.approx((1 + 1 + 0) / 3)
    assert [sequence.num_missing for sequence in scores.sequences] == [0, 0, 1]
    assert not [average for average in scores.averages if average.over == "frames"]

from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.datasets.sequence import AnnotatedSequence
from tests.evaluate.drawn import build_benchmark, draw_row, evaluate_folder, write_image


def build_images(folder: Path, **truths: np.ndarray) -> list[AnnotatedSequence]:
    return [write_image(folder, name, truth, encoding="numbers") for name, truth in truths.items()]


def evaluate(folder: Path, images: list[AnnotatedSequence], **clusters: np.ndarray) -> dict[tuple[str, str, str], float]:
    for name, numbers in clusters.items():
        cv2.imwrite(f"{folder}/{name}.png", numbers)
    scores = evaluate_folder(folder, build_benchmark(images, protocol="semantic", kind="image", dataset="voc2012_semantic"))
    classes = {("class", entry.name, str(entry.num_sequences)): entry.statistics["iou", "mean"] for entry in scores.classes}
    return {average.key: average.value for average in scores.averages} | classes


def test_one_assignment_for_the_whole_set(tmp_path: Path) -> None:
    """In image b alone cluster 0 is class 1; over both images it is class 0. Void counts for nothing.

    Cluster 0 has 4 pixels of class 0 and 1 of class 1, cluster 1 the other 3 of class 1: IoU 4/5 and 3/4, 7 of 8 right.
    """
    images = build_images(tmp_path, a=draw_row(0, 0, 0, 0, 255, 255), b=draw_row(1, 1, 1, 1, 255, 255))
    found = evaluate(tmp_path, images, a=draw_row(0, 0, 0, 0, 1, 1), b=draw_row(0, 1, 1, 1, 0, 0))
    assert found["set", "iou", "mean"] == pytest.approx((4 / 5 + 3 / 4) / 2)
    assert found["set", "accuracy", "mean"] == pytest.approx(7 / 8)
    assert found["class", "0", "1"] == pytest.approx(4 / 5)
    assert found["class", "1", "1"] == pytest.approx(3 / 4)


def test_more_clusters_than_classes(tmp_path: Path) -> None:
    """Clusters 0 and 2 both are class 0: nothing is wrong. One to one, cluster 2 would belong to nobody."""
    images = build_images(tmp_path, a=draw_row(0, 0, 0, 1))
    found = evaluate(tmp_path, images, a=draw_row(0, 2, 2, 1))
    assert found["set", "iou", "mean"] == 1


def test_an_image_without_clusters_is_all_cluster_0(tmp_path: Path) -> None:
    images = build_images(tmp_path, a=draw_row(0, 0, 1, 1), b=draw_row(0, 0, 1, 1))
    found = evaluate(tmp_path, images, a=draw_row(0, 0, 1, 1))
    assert found["set", "accuracy", "mean"] == pytest.approx(6 / 8)
    assert found["set", "iou", "mean"] == pytest.approx((4 / 6 + 2 / 4) / 2)


def test_an_image_of_nothing_but_void_is_left_out(tmp_path: Path) -> None:
    images = build_images(tmp_path, a=draw_row(0, 0, 1, 1), b=draw_row(255, 255, 255, 255))
    for image in images:
        cv2.imwrite(f"{tmp_path}/{image.name}.png", draw_row(0, 0, 1, 1))
    benchmark = build_benchmark(images, protocol="semantic", kind="image", dataset="voc2012_semantic")
    scores = evaluate_folder(tmp_path, benchmark)
    assert (scores.left_out, scores.averages[0].value) == (("b",), 1)


def test_the_interval_is_over_images(tmp_path: Path) -> None:
    """Nine images are right, one has nothing: drawn anew, between about half and all of them are right."""
    images = build_images(tmp_path, **{f"i{number}": draw_row(0, 0, 1, 1) for number in range(10)})
    for number in range(9):
        cv2.imwrite(f"{tmp_path}/i{number}.png", draw_row(0, 0, 1, 1))
    benchmark = build_benchmark(images, protocol="semantic", kind="image", dataset="voc2012_semantic")
    (iou, accuracy) = evaluate_folder(tmp_path, benchmark).averages
    assert accuracy.value == pytest.approx(0.95)
    for average in (iou, accuracy):
        assert average.interval is not None
        assert average.interval.low < average.value < average.interval.high == 1

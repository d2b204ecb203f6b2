from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.config import SpectralRunConfig
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.benchmark import build_comparison, open_benchmark
from ike_ray.evaluate.tables import build_comparison_table
from ike_ray.masks.rle import build_rle
from ike_ray.records import VideoRef
from ike_ray.run.clusters import LABEL_SCHEMA, write_summary
from ike_ray.run.description import create_run
from ike_ray.run.rows import build_outcome_row
from ike_ray.run.tables import FRAME_SCHEMA, write_table
from tests.datasets import drawn
from tests.evaluate.drawn import build_benchmark, build_evaluation, draw_row, evaluate_folder, write_image


def build_images(folder: Path, **truths: np.ndarray) -> list[AnnotatedSequence]:
    return [write_image(folder, name, truth, encoding="numbers") for name, truth in truths.items()]


def evaluate(folder: Path, images: list[AnnotatedSequence], **clusters: np.ndarray) -> dict[tuple[str, str, str], float]:
    for name, numbers in clusters.items():
        cv2.imwrite(f"{folder}/{name}.png", numbers)
    scores = evaluate_folder(folder, build_benchmark(images, protocol="semantic", kind="image", dataset="voc2012_semantic"))
    classes = {("class", entry.name, str(entry.num_sequences)): entry.statistics["iou", "mean"] for entry in scores.classes}
    return {average.key: average.value for average in scores.averages} | classes


def test_one_assignment_for_the_whole_set(tmp_path: Path) -> None:
    """In image b alone cluster 0 is class 1, and over both images it is class 0. Void does not count.

    Cluster 0 has 4 pixels of class 0 and 1 of class 1, and cluster 1 has the other 3 of class 1. So the IoUs are 4/5 and 3/4,
    and 7 of 8 pixels are right.
    """
    images = build_images(tmp_path, a=draw_row(0, 0, 0, 0, 255, 255), b=draw_row(1, 1, 1, 1, 255, 255))
    found = evaluate(tmp_path, images, a=draw_row(0, 0, 0, 0, 1, 1), b=draw_row(0, 1, 1, 1, 0, 0))
    assert found["set", "iou", "mean"] == pytest.approx((4 / 5 + 3 / 4) / 2)
    assert found["set", "accuracy", "mean"] == pytest.approx(7 / 8)
    assert found["class", "0", "1"] == pytest.approx(4 / 5)
    assert found["class", "1", "1"] == pytest.approx(3 / 4)


def test_more_clusters_than_classes(tmp_path: Path) -> None:
    """Clusters 0 and 2 both are class 0, and nothing is wrong. One to one, cluster 2 would belong to no class."""
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
    """Nine images are right and one has nothing. In resamples between about half and all of them are right."""
    images = build_images(tmp_path, **{f"i{number}": draw_row(0, 0, 1, 1) for number in range(10)})
    for number in range(9):
        cv2.imwrite(f"{tmp_path}/i{number}.png", draw_row(0, 0, 1, 1))
    benchmark = build_benchmark(images, protocol="semantic", kind="image", dataset="voc2012_semantic")
    (iou, accuracy) = evaluate_folder(tmp_path, benchmark).averages
    assert accuracy.value == pytest.approx(0.95)
    for average in (iou, accuracy):
        assert average.interval is not None
        assert average.interval.low < average.value < average.interval.high == 1


def write_labelled_run(folder: Path, regions: dict[str, np.ndarray], labels: dict[str, dict[int, list[int]]]) -> str:
    """A run whose images have these regions, and of each region the labels that the seeds give it."""
    run = create_run(f"{folder}/run", SpectralRunConfig(task="regions"), "images", [])
    for name, numbers in regions.items():
        masks = {int(number): numbers == number for number in np.unique(numbers) if number}
        row = {**dict.fromkeys(FRAME_SCHEMA.names), "video_id": name, "frame_index": 0, "shot": 1, "window": 1, "cut": 0.5}
        row |= {"confidence": 0.5, "area_fraction": 0.5, "mask": build_rle(numbers > 0)}
        row["objects"] = [{"number": number, "mask": build_rle(mask)} for number, mask in masks.items()]
        run.write_frames(name, [row])
        ref = VideoRef(video_id=name, uri=f"/{name}.jpg")
        outcome = build_outcome_row(ref, device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=1.0)
        run.write_outcome(outcome | {"status": "ok"})
    rows = [
        {"video_id": name, "frame_index": 0, "number": number, "seed": seed, "label": label}
        for name, own in labels.items()
        for number, by_seed in own.items()
        for seed, label in enumerate(by_seed)
    ]
    write_table(run.file("semantics", "labels.parquet"), rows, LABEL_SCHEMA)
    num_seeds = len(rows) // sum(len(own) for own in labels.values())
    write_summary(run, {"clusters": 2, "seeds": [{"seed": seed} for seed in range(num_seeds)]})
    return run.uri


def test_mean_and_deviation_over_the_seeds_of_a_run(tmp_path: Path) -> None:
    """On a small VOC tree. Two images of a row of four pixels, half background, half class 1 and class 2.

    Seeds 0 and 1 tell the classes apart, under numbers of their own: IoU 1. Seed 2 calls all of both cluster 1: as many
    clusters, 2, as there are not classes, 3, so by majority; 4 of the 8 pixels are of background, 2 of class 1, 2 of class 2.
    Cluster 1 has as much of both and becomes class 1: IoU of background 1, of class 1 2 / 4, of class 2 0: 1/2 in the mean;
    6 of 8 pixels are right.
    """
    for name, value in (("a", 1), ("b", 2)):
        drawn.write_palette(tmp_path / "SegmentationClass" / f"{name}.png", draw_row(0, 0, value, value))
        drawn.write_image(tmp_path / "JPEGImages" / f"{name}.jpg")
    drawn.write_text(tmp_path / "ImageSets" / "Segmentation" / "val.txt", "a\nb\n")
    regions = {name: draw_row(0, 0, 1, 1) for name in ("a", "b")}
    labels = {"a": {1: [1, 2, 1]}, "b": {1: [2, 1, 1]}}
    uri = write_labelled_run(tmp_path, regions, labels)
    evaluation = build_evaluation(Path(uri), open_benchmark("voc2012_semantic", str(tmp_path)))
    found = {average.key: average.value for average in evaluation.scores.averages}
    assert found["set", "iou", "mean"] == pytest.approx((1 + 1 + 1 / 2) / 3)
    assert found["set", "iou", "deviation"] == pytest.approx(np.std([1, 1, 1 / 2], ddof=1))
    assert found["set", "accuracy", "mean"] == pytest.approx((1 + 1 + 6 / 8) / 3)
    assert found["set", "accuracy", "deviation"] == pytest.approx(np.std([1, 1, 6 / 8], ddof=1))
    classes = {entry.name: entry.statistics["iou", "mean"] for entry in evaluation.scores.classes}
    assert classes == pytest.approx({"0": 1, "1": (1 + 1 + 1 / 2) / 3, "2": 2 / 3})
    (table,) = [build_comparison_table(build_comparison([evaluation]))]
    assert "IoU deviation, whole set" in table.columns
    assert any("means over 3 seeds" in note for note in table.notes)


def test_a_region_without_a_label_is_background_and_a_run_stands_beside_png(tmp_path: Path) -> None:
    images = build_images(tmp_path, a=draw_row(0, 0, 1, 1), b=draw_row(0, 0, 1, 1))
    labels = {"a": {1: [1, 1], 2: [1, 1]}, "b": {2: [1, 1]}}
    uri = write_labelled_run(tmp_path, {"a": draw_row(0, 0, 1, 2), "b": draw_row(0, 0, 1, 2)}, labels)
    benchmark = build_benchmark(images, protocol="semantic", kind="image", dataset="voc2012_semantic")
    run = build_evaluation(Path(uri), benchmark)
    assert [average.value for average in run.scores.averages] == pytest.approx([(4 / 5 + 3 / 4) / 2, 0, 7 / 8, 0])
    for image in images:
        cv2.imwrite(f"{tmp_path}/{image.name}.png", draw_row(0, 0, 1, 1))
    comparison = build_comparison([run, build_evaluation(tmp_path, benchmark)])
    assert comparison.headline == (("set", "iou", "mean"), ("set", "accuracy", "mean"))
    assert comparison.gaps[0]["set", "accuracy", "mean"].value == pytest.approx(1 / 8)

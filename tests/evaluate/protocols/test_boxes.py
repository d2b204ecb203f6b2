from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from tests.evaluate.drawn import build_benchmark, evaluate_folder, write_masks

Boxes = tuple[tuple[int, int, int, int], ...]
LEFT, RIGHT = np.zeros((4, 8), np.uint8), np.zeros((4, 8), np.uint8)
LEFT[:, :4] = RIGHT[:, 4:] = 255
LEFT_BOX, RIGHT_BOX = (0, 0, 4, 4), (4, 0, 8, 4)


def build_sequence(name: str, *boxes: Boxes, class_name: str | None = None) -> AnnotatedSequence:
    frames = tuple(TrueFrame(index=index, name=f"{index:05d}", boxes=some) for index, some in enumerate(boxes))
    return AnnotatedSequence(name=name, frames_uri="", scored_frames=frames, class_name=class_name)


def test_videos_by_class(tmp_path: Path) -> None:
    """Of the cats' four frames with boxes three are right, of the dog's none; a video's share does not matter."""
    sequences = [
        build_sequence("cat/1", (LEFT_BOX,), (LEFT_BOX,), (RIGHT_BOX, LEFT_BOX), class_name="cat"),
        build_sequence("cat/2", (RIGHT_BOX,), (), class_name="cat"),
        build_sequence("dog/1", (RIGHT_BOX,), class_name="dog"),
    ]
    write_masks(tmp_path, "cat/1", [LEFT, LEFT, LEFT])
    write_masks(tmp_path, "cat/2", [LEFT, LEFT])
    write_masks(tmp_path, "dog/1", [None])
    scores = evaluate_folder(tmp_path, build_benchmark(sequences, protocol="boxes"))
    assert [entry.statistics["corloc", "mean"] for entry in scores.classes] == [0.75, 0]
    values = {average.over: average.value for average in scores.averages}
    assert values["classes"] == pytest.approx(0.375)
    assert values["sequences"] == pytest.approx(1 / 3)
    assert values["frames"] == pytest.approx(3 / 5)
    assert [sequence.num_missing for sequence in scores.sequences] == [0, 0, 1]


def test_images_have_no_classes(tmp_path: Path) -> None:
    sequences = [build_sequence(name, (RIGHT_BOX, (0, 0, 1, 1))) for name in ("a", "b", "c", "d")]
    for name, mask in (("a", LEFT), ("b", RIGHT), ("c", RIGHT // 255), ("d", np.zeros_like(LEFT))):
        cv2.imwrite(f"{tmp_path}/{name}.png", mask)
    scores = evaluate_folder(tmp_path, build_benchmark(sequences, protocol="boxes", kind="image", dataset="voc2007"))
    assert scores.classes == ()
    assert [(average.over, average.value) for average in scores.averages] == [("sequences", 0.5), ("frames", 0.5)]


def test_the_largest_part_of_a_mask_makes_the_box(tmp_path: Path) -> None:
    mask = LEFT.copy()
    mask[0, 7] = 255  # a box around all of it would be twice as large
    write_masks(tmp_path, "a", [mask])
    benchmark = build_benchmark([build_sequence("a", (LEFT_BOX,))], protocol="boxes")
    assert evaluate_folder(tmp_path, benchmark).averages[0].value == 1

from pathlib import Path

import numpy as np
import pytest

from ike_ray.errors import InputError
from tests.evaluate.drawn import build_benchmark, draw_row, evaluate_folder, write_masks, write_sequence

FULL, HALF, NONE = draw_row(255, 255, 0, 0), draw_row(255, 0, 0, 0), draw_row(0, 0, 0, 0)


def test_videos_then_classes_then_all(tmp_path: Path) -> None:
    """Cats 1 and 1/2, a dog 1/2; two frames of the first cat have an empty truth and count for nothing."""
    sequences = [
        write_sequence(tmp_path, "cat/1", [FULL, NONE, NONE], class_name="cat"),
        write_sequence(tmp_path, "cat/2", [FULL, FULL], class_name="cat"),
        write_sequence(tmp_path, "dog/1", [FULL], class_name="dog"),
        write_sequence(tmp_path, "dog/2", [NONE], class_name="dog"),
    ]
    write_masks(tmp_path / "mine", "cat/1", [FULL, FULL, FULL])
    write_masks(tmp_path / "mine", "cat/2", [FULL, None])
    write_masks(tmp_path / "mine", "dog/1", [HALF])
    write_masks(tmp_path / "mine", "dog/2", [HALF])
    scores = evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="classes"))
    assert scores.left_out == ("dog/2",)
    assert [len(sequence.frame_names) for sequence in scores.sequences] == [1, 2, 1]
    assert scores.sequences[1].num_missing == 1
    assert [(entry.name, entry.num_sequences, entry.num_frames) for entry in scores.classes] == [("cat", 2, 3), ("dog", 1, 1)]
    assert [entry.statistics["j", "mean"] for entry in scores.classes] == [pytest.approx(0.75), pytest.approx(0.5)]
    values = {average.over: average.value for average in scores.averages}
    assert values["classes"] == pytest.approx((0.75 + 0.5) / 2)
    assert values["sequences"] == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert values["frames"] == pytest.approx((1 + 1 + 0 + 0.5) / 4)


def test_a_truth_of_half_the_size_is_met(tmp_path: Path) -> None:
    truth = np.zeros((4, 6), np.uint8)
    truth[:, :3] = 255
    sequences = [write_sequence(tmp_path, "a", [truth], class_name="cat")]
    write_masks(tmp_path / "mine", "a", [np.kron(truth, np.ones((2, 2), np.uint8))])
    scores = evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="classes"))
    assert scores.averages[0].value == 1
    write_masks(tmp_path / "mine", "a", [np.zeros((8, 8), np.uint8)])
    with pytest.raises(InputError, match="has 8 x 8 pixels, the truth 4 x 6"):
        evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="classes"))


def test_nothing_to_find_anywhere_is_told(tmp_path: Path) -> None:
    sequences = [write_sequence(tmp_path, "a", [NONE], class_name="cat")]
    write_masks(tmp_path / "mine", "a", [FULL])
    with pytest.raises(InputError, match="expected sequences whose truth shows an object, found none in 1"):
        evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="classes"))

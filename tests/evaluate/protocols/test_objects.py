from pathlib import Path

import numpy as np
import pytest

from ike_ray.metrics.object_scores import evaluate_objects
from tests.evaluate.drawn import build_benchmark, draw_row, evaluate_folder, write_masks, write_sequence

TWO, ONE, NONE = draw_row(1, 1, 0, 0, 2, 2), draw_row(1, 1, 0, 0, 0, 0), draw_row(0, 0, 0, 0, 0, 0)


def test_objects_count_not_sequences(tmp_path: Path) -> None:
    """J of two objects in the first sequence 1 and 1/2, of the one in the second 0."""
    sequences = [
        write_sequence(tmp_path, "a", [TWO, TWO], encoding="numbers"),
        write_sequence(tmp_path, "b", [ONE, ONE], encoding="numbers"),
        write_sequence(tmp_path, "c", [NONE, ONE], encoding="numbers"),
    ]
    write_masks(tmp_path / "mine", "a", [draw_row(7, 7, 0, 0, 3, 3), draw_row(7, 7, 0, 0, 0, 0)])
    write_masks(tmp_path / "mine", "b", [None, None])
    write_masks(tmp_path / "mine", "c", [ONE, ONE])
    scores = evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="objects", dataset="davis2017"))
    assert scores.left_out == ("c",)
    values = {average.key: average.value for average in scores.averages}
    assert values["objects", "j", "mean"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert values["sequences", "j", "mean"] == pytest.approx((0.75 + 0) / 2)
    assert values["frames", "j", "mean"] == pytest.approx((1 + 0.5 + 0 + 0) / 4)
    assert values["objects", "j", "recall"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert values["objects", "jf", "mean"] == pytest.approx(
        (values["objects", "j", "mean"] + values["objects", "f", "mean"]) / 2
    )
    np.testing.assert_allclose(scores.sequences[0].frames["j"], [1, 0.5])
    assert [sequence.num_missing for sequence in scores.sequences] == [0, 2]


def test_frame_by_frame_is_what_the_whole_video_gives(tmp_path: Path, rng: np.random.Generator) -> None:
    truths = rng.integers(0, 3, (4, 10, 12)).astype(np.uint8)
    truths[:, 0] = 255
    proposals = rng.integers(0, 5, (4, 10, 12)).astype(np.uint8)
    sequence = write_sequence(tmp_path, "a", list(truths), encoding="numbers")
    write_masks(tmp_path / "mine", "a", list(proposals))
    scores = evaluate_folder(tmp_path / "mine", build_benchmark([sequence], protocol="objects"))
    expected = evaluate_objects(proposals, truths)
    assert len(scores.sequences[0].details) == len(expected) == 2
    assert scores.sequences[0].statistics["j", "mean"] == pytest.approx(np.mean([entry.j for entry in expected]))
    assert scores.sequences[0].statistics["f", "mean"] == pytest.approx(np.mean([entry.f for entry in expected]))

from pathlib import Path

import numpy as np
import pytest

from tests.evaluate.drawn import build_benchmark, draw_row, evaluate_folder, write_masks, write_sequence

FULL, HALF, NONE = draw_row(255, 255, 0, 0), draw_row(255, 0, 0, 0), draw_row(0, 0, 0, 0)


def test_by_hand(tmp_path: Path) -> None:
    """J of the first is 1, 1/2, 1/2, 0 and of the second 1: over sequences (1/2 + 1) / 2, over frames 3 / 5."""
    sequences = [write_sequence(tmp_path, "a", [FULL] * 4), write_sequence(tmp_path, "b", [HALF])]
    write_masks(tmp_path / "mine", "a", [FULL, HALF, HALF, NONE])
    write_masks(tmp_path / "mine", "b", [HALF])
    scores = evaluate_folder(tmp_path / "mine", build_benchmark(sequences))
    first = scores.sequences[0]
    np.testing.assert_allclose(first.frames["j"], [1, 0.5, 0.5, 0])
    assert first.statistics["j", "recall"] == 0.25  # above 1/2
    assert first.statistics["j", "decay"] == pytest.approx(0.75 - 0.25)  # frames 0 and 1 against frames 2 and 3
    values = {average.key: average.value for average in scores.averages}
    assert values["sequences", "j", "mean"] == pytest.approx(0.75)
    assert values["frames", "j", "mean"] == pytest.approx(0.6)
    assert values["sequences", "j", "recall"] == pytest.approx((0.25 + 1) / 2)
    assert values["frames", "j", "recall"] == pytest.approx(2 / 5)
    assert values["sequences", "j", "decay"] == pytest.approx(0.25)
    assert ("frames", "j", "decay") not in values


def test_intervals_are_over_sequences(tmp_path: Path) -> None:
    """Drawn twice from sequences of 1 and of 0, a mean is 0, 1/2 or 1; one sequence alone says nothing."""
    sequences = [write_sequence(tmp_path, "a", [FULL] * 4), write_sequence(tmp_path, "b", [HALF])]
    write_masks(tmp_path / "mine", "a", [NONE] * 4)
    write_masks(tmp_path / "mine", "b", [HALF])
    for average in evaluate_folder(tmp_path / "mine", build_benchmark(sequences)).averages:
        if average.statistic != "decay":
            assert average.interval is not None
            assert (average.interval.low, average.interval.high) == (0, 1)
    assert evaluate_folder(tmp_path / "mine", build_benchmark(sequences[1:])).averages[0].interval is None

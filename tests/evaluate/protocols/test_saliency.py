from pathlib import Path

import numpy as np
import pytest

from ike_ray.metrics.alignment import evaluate_alignment
from ike_ray.metrics.f_beta import evaluate_f_beta
from ike_ray.metrics.levels import count_thresholds
from tests.evaluate.drawn import build_benchmark, draw_row, evaluate_folder, write_masks, write_sequence

TRUTH = draw_row(255, 255, 0, 0)


def test_the_maximum_is_of_the_averaged_curve(tmp_path: Path) -> None:
    """One map is best cut above 100, one below 60: each reaches 1 by itself, no one cut does for both."""
    sequences = [write_sequence(tmp_path, name, [TRUTH]) for name in "ab"]
    maps = {"a": draw_row(255, 200, 100, 0), "b": draw_row(255, 60, 20, 0)}
    for name, values in maps.items():
        write_masks(tmp_path / "mine", name, [values])
    scores = evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="saliency", dataset="davsod"))
    assert [sequence.statistics["f_beta", "max"] for sequence in scores.sequences] == [1, 1]
    values = {average.key: average.value for average in scores.averages}
    some, whole = 1.3 * 0.5 / (0.3 + 0.5), 1.3 * (2 / 3) / (0.3 * 2 / 3 + 1)
    assert values["sequences", "f_beta", "max"] == pytest.approx((max(some, whole) + 1) / 2)
    assert values["sequences", "mae", "mean"] == pytest.approx((155 + 215) / 255 / 4 / 2)


def test_sequences_then_all_or_frames(tmp_path: Path) -> None:
    """Three right frames and one that is all wrong, in a sequence of its own."""
    sequences = [write_sequence(tmp_path, "a", [TRUTH] * 3), write_sequence(tmp_path, "b", [TRUTH])]
    write_masks(tmp_path / "mine", "a", [TRUTH] * 3)
    write_masks(tmp_path / "mine", "b", [255 - TRUTH])
    scores = evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="saliency"))
    values = {average.key: average.value for average in scores.averages}
    assert (values["sequences", "mae", "mean"], values["frames", "mae", "mean"]) == (pytest.approx(0.5), pytest.approx(0.25))
    assert (values["sequences", "s", "mean"], values["frames", "s", "mean"]) == (pytest.approx(0.5), pytest.approx(0.75))
    all_object = 1.3 * 0.5 / (0.3 * 0.5 + 1)  # cut at 0
    assert values["sequences", "f_beta", "max"] == pytest.approx(max(0.5, all_object))
    assert values["frames", "f_beta", "max"] == pytest.approx(0.75)
    curve = evaluate_alignment(count_thresholds((TRUTH / 255).astype(float), TRUTH > 0))
    assert scores.sequences[0].frames["e"][0] == pytest.approx(curve.mean())


def test_a_frame_without_a_map_is_all_background(tmp_path: Path) -> None:
    sequences = [write_sequence(tmp_path, "a", [TRUTH, TRUTH])]
    write_masks(tmp_path / "mine", "a", [TRUTH, None])
    scores = evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="saliency"))
    np.testing.assert_allclose(scores.sequences[0].frames["mae"], [0, 0.5])
    assert scores.sequences[0].num_missing == 1
    empty = evaluate_f_beta(count_thresholds(np.zeros((1, 4)), TRUTH > 0))
    np.testing.assert_allclose(scores.sequences[0].details[0][1:], (1 + empty[1:]) / 2)

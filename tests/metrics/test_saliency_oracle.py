"""The measures of soft maps against an independent program, PySODMetrics, frame by frame."""

import numpy as np
import pytest

from ike_ray.metrics.absolute_error import evaluate_absolute_error
from ike_ray.metrics.alignment import evaluate_alignment
from ike_ray.metrics.f_beta import evaluate_f_beta
from ike_ray.metrics.levels import count_thresholds, scale_soft_mask
from ike_ray.metrics.structure import evaluate_structure

oracle = pytest.importorskip(
    "py_sod_metrics", reason="pip install --no-deps pysodmetrics, with scikit-image and scikit-learn"
)


def draw_truth(rng: np.random.Generator, kind: str) -> np.ndarray:
    height, width = (int(side) for side in rng.integers(8, 60, 2))
    truth = np.zeros((height, width), bool)
    match kind:
        case "noise":
            truth = rng.random((height, width)) > 0.5
        case "full":
            truth[:] = True
        case "rectangle":
            truth[height // 4 : height // 2 + 1, width // 3 : width // 2 + 1] = True
        case "nearly full":
            truth[:] = True
            truth[height // 2, width // 2] = False
    return truth


def draw_map(rng: np.random.Generator, kind: str, truth: np.ndarray) -> np.ndarray:
    match kind:
        case "noise":
            values = rng.integers(0, 256, truth.shape)
        case "narrow":
            values = rng.integers(30, 200, truth.shape)
        case "constant":
            values = np.full(truth.shape, 93)
        case "opposite":
            values = 255 * ~truth
        case _:
            values = np.clip(truth * 120 + rng.normal(60, 30, truth.shape), 0, 255)
    return values.astype(np.uint8)


@pytest.mark.filterwarnings("ignore:This class will be removed:UserWarning")
@pytest.mark.parametrize("map_kind", ["noise", "narrow", "constant", "opposite", "good"])
@pytest.mark.parametrize("truth_kind", ["noise", "empty", "full", "rectangle", "nearly full"])
def test_they_agree(rng: np.random.Generator, truth_kind: str, map_kind: str) -> None:
    for _ in range(5):
        truth = draw_truth(rng, truth_kind)
        values = draw_map(rng, map_kind, truth)
        measures = [oracle.Smeasure(), oracle.Emeasure(), oracle.Fmeasure(), oracle.MAE()]
        for measure in measures:
            measure.step(values, (truth * 255).astype(np.uint8))
        structure, alignment, f_beta, error = (measure.get_results() for measure in measures)
        scaled = scale_soft_mask(values / 255)
        counts = count_thresholds(scaled, truth)
        assert evaluate_structure(scaled, truth) == pytest.approx(structure["sm"], abs=1e-12)
        assert evaluate_absolute_error(scaled, truth) == pytest.approx(error["mae"], abs=1e-12)
        # Theirs goes from the highest cut down.
        np.testing.assert_allclose(evaluate_alignment(counts)[::-1], alignment["em"]["curve"], atol=1e-12)
        np.testing.assert_allclose(evaluate_f_beta(counts)[::-1], f_beta["fm"]["curve"], atol=1e-12)

"""The averages over the frames of a dataset against an independent program, PySODMetrics, which averages over frames."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.evaluate.drawn import build_benchmark, evaluate_folder, write_masks, write_sequence

oracle = pytest.importorskip(
    "py_sod_metrics", reason="pip install --no-deps pysodmetrics, with scikit-image and scikit-learn"
)


@pytest.mark.filterwarnings("ignore:This class will be removed:UserWarning")
def test_the_averages_agree(tmp_path: Path, rng: np.random.Generator) -> None:
    measures = [oracle.Smeasure(), oracle.Emeasure(), oracle.Fmeasure(), oracle.MAE()]
    sequences = []
    for name, num_frames in (("a", 3), ("b", 5)):
        noise = [cv2.GaussianBlur(rng.random((40, 50)), (0, 0), 4) for _ in range(2 * num_frames)]
        truths = [(values > values.mean()).astype(np.uint8) * 255 for values in noise[:num_frames]]
        maps = [
            np.clip(90 + truth * 0.3 + 400 * (values - 0.5), 0, 255).astype(np.uint8)
            for truth, values in zip(truths, noise[num_frames:], strict=True)
        ]
        sequences.append(write_sequence(tmp_path, name, truths))
        write_masks(tmp_path / "mine", name, maps)
        for truth, values in zip(truths, maps, strict=True):
            for measure in measures:
                measure.step(values, truth)
    structure, alignment, f_beta, error = (measure.get_results() for measure in measures)
    scores = evaluate_folder(tmp_path / "mine", build_benchmark(sequences, protocol="saliency"))
    found = {average.metric: average.value for average in scores.averages if average.over == "frames"}
    assert found == {
        "s": pytest.approx(structure["sm"], abs=1e-12),
        "e": pytest.approx(alignment["em"]["curve"].mean(), abs=1e-12),
        "f_beta": pytest.approx(f_beta["fm"]["curve"].max(), abs=1e-12),
        "mae": pytest.approx(error["mae"], abs=1e-12),
    }

from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from ike_ray.datasets.description import Protocol
from ike_ray.datasets.open import list_descriptions
from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.evaluate.protocols import choose_scoring
from tests.evaluate.drawn import build_benchmark, draw_row, evaluate_folder


@pytest.mark.parametrize("protocol", get_args(Protocol))
def test_every_protocol_keeps_what_it_promises(protocol: Protocol, tmp_path: Path) -> None:
    """Frames, sequences and averages have exactly the scores that the scoring names."""
    sequences = []
    for name in "ab":
        uri = f"{tmp_path}/{name}.png"
        cv2.imwrite(uri, draw_row(1, 1, 0, 0))
        frame = TrueFrame(index=0, name=name, mask_uris=(uri,), encoding="numbers", boxes=((0, 0, 2, 1),))
        sequences.append(AnnotatedSequence(name=name, frames_uri="", scored_frames=(frame,), class_name="cat"))
    scores = evaluate_folder(tmp_path, build_benchmark(sequences, protocol=protocol, kind="image"))
    scoring = choose_scoring(protocol)
    assert scoring.name == protocol
    for sequence in scores.sequences:
        assert tuple(sequence.frames) == scoring.metrics
        assert set(sequence.statistics) == set(scoring.statistics)
        assert all(len(values) == 1 for values in sequence.frames.values())
    keys = [average.key for average in scores.averages]
    assert len(set(keys)) == len(keys)
    assert {key for key in scoring.headline if key[2] != "deviation"} <= set(keys)  # that is over several seeds
    assert all(0 <= average.value <= 4 / 3 for average in scores.averages)  # E of four pixels may reach 4/3
    assert all(
        np.isfinite([average.interval.low, average.interval.high]).all() for average in scores.averages if average.interval
    )


def test_every_dataset_has_one() -> None:
    for description in list_descriptions():
        assert choose_scoring(description.protocol).headline

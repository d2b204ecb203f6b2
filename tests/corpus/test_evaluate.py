"""Scoring on Ray, against the plain loop."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ike_ray.corpus import evaluate
from ike_ray.corpus.evaluate import evaluate_corpus
from ike_ray.datasets.description import Protocol
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.errors import InputError
from ike_ray.evaluate.benchmark import evaluate_predictions
from ike_ray.evaluate.predictions import Predictions, open_predictions
from ike_ray.evaluate.scores import SequenceScores
from tests.evaluate.drawn import write_masks, write_sequence

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


@pytest.fixture
def sequences(tmp_path: Path) -> list[AnnotatedSequence]:
    """Twelve of 1 to 12 frames, with masks and maps of a system that sometimes has none."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(12):
        truths = list((rng.random((number + 1, 20, 30)) > 0.6).astype(np.uint8) * 255)
        found.append(write_sequence(tmp_path, f"s{number}", truths, class_name="even" if number % 2 == 0 else "odd"))
        maps = list(rng.integers(0, 256, (number + 1, 20, 30)))
        write_masks(tmp_path / "mine", f"s{number}", [None if rng.random() < 0.1 else values for values in maps])
    return found


@pytest.fixture
def predictions(sequences: list[AnnotatedSequence], tmp_path: Path) -> Predictions:
    return open_predictions(f"{tmp_path}/mine")


def list_numbers(scores: SequenceScores) -> tuple[object, ...]:
    frames = {metric: values.tolist() for metric, values in scores.frames.items()}
    return scores.name, scores.frame_names, frames, scores.statistics, scores.details.tolist(), scores.num_missing


@pytest.mark.parametrize("protocol", ["regions", "classes", "saliency"])
@pytest.mark.parametrize("num_workers", [2, None])
def test_the_numbers_are_those_of_the_plain_loop(
    predictions: Predictions,
    sequences: list[AnnotatedSequence],
    protocol: Protocol,
    num_workers: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not one bit differs, intervals included, and sequences are in the dataset's order."""
    monkeypatch.setattr(evaluate, "_FRAMES_A_TASK", 10)
    names: list[str] = []
    found = evaluate_corpus(
        predictions, sequences, protocol, num_workers=num_workers, report=lambda scores: names.append(scores.name)
    )
    expected = evaluate_predictions(predictions, sequences, protocol)
    assert [list_numbers(scores) for scores in found.sequences] == [list_numbers(scores) for scores in expected.sequences]
    assert [(a.key, a.value, a.interval) for a in found.averages] == [(a.key, a.value, a.interval) for a in expected.averages]
    assert found.classes == expected.classes
    assert sorted(names) == sorted(sequence.name for sequence in sequences)


def test_what_is_wrong_with_a_sequence_arrives_as_it_is(predictions: Predictions, sequences: list[AnnotatedSequence]) -> None:
    with pytest.raises(InputError, match=r"^there are no masks of sequence 'other'") as caught:
        evaluate_corpus(predictions, [*sequences, replace(sequences[0], name="other")], "regions", num_workers=2)
    assert type(caught.value) is InputError


def test_tasks_have_enough_frames_and_keep_the_order(sequences: list[AnnotatedSequence]) -> None:
    groups = list(evaluate._split(sequences))
    assert [sequence for group in groups for sequence in group] == sequences
    assert [sum(len(sequence.scored_frames) for sequence in group) for group in groups] == [55, 23]

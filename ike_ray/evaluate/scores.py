"""Scores of a system: every frame, every sequence, the whole dataset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.errors import InputError
from ike_ray.evaluate.predictions import Predictions
from ike_ray.metrics.boundary import evaluate_boundary
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.metrics.statistics import Statistics, aggregate_scores


@dataclass(frozen=True, kw_only=True)
class SequenceScores:
    """One sequence: J and F of each scored frame, and their statistics."""

    name: str
    frame_names: tuple[str, ...]
    frame_j: Float64[np.ndarray, " m"]
    frame_f: Float64[np.ndarray, " m"]
    j: Statistics
    f: Statistics
    num_missing: int  # frames without a mask, scored as empty
    failure: str | None  # why the system has no masks of this sequence


@dataclass(frozen=True, kw_only=True)
class DatasetScores:
    """All sequences. The sequence mean is the official average; the frame mean weighs every frame the same."""

    sequences: tuple[SequenceScores, ...]
    sequence_mean_j: Statistics
    sequence_mean_f: Statistics
    frame_mean_j: float
    frame_mean_f: float
    frame_recall_j: float  # share of all frames above 0.5; a decay over all frames would mean nothing
    frame_recall_f: float


def evaluate_predictions(
    predictions: Predictions,
    sequences: Sequence[AnnotatedSequence],
    *,
    report: Callable[[SequenceScores], None] = lambda scores: None,
) -> DatasetScores:
    """Scores every sequence, calling `report` after each. A frame without a mask counts as an empty mask.

    Raises `InputError` where the system was never asked for a sequence, or a mask has another size than the truth.
    """
    scored = []
    for sequence in sequences:
        scored.append(evaluate_sequence(predictions, sequence))
        report(scored[-1])
    return aggregate_sequences(scored)


def evaluate_sequence(predictions: Predictions, sequence: AnnotatedSequence) -> SequenceScores:
    """J and F of the scored frames of one sequence. Raises `InputError` like `evaluate_predictions`."""
    masks = predictions.list_masks(sequence.name)
    frame_j, frame_f, num_missing = [], [], 0
    for frame in sequence.scored_frames:
        truth, mask = frame.read_mask(), masks.read(frame)
        if mask is None:
            num_missing, mask = num_missing + 1, np.zeros_like(truth)
        if mask.shape != truth.shape:
            raise InputError(
                f"the mask of {sequence.name}, frame {frame.name}, has {mask.shape[0]} x {mask.shape[1]} pixels, the truth "
                f"{truth.shape[0]} x {truth.shape[1]}. Write masks at the size of the dataset's frames"
            )
        frame_j.append(float(evaluate_jaccard(mask[None], truth[None])[0]))
        frame_f.append(evaluate_boundary(mask, truth))
    if not frame_j:
        raise InputError(f"sequence {sequence.name} has no frame that is scored: expected more than two annotated frames")
    return SequenceScores(
        name=sequence.name,
        frame_names=tuple(frame.name for frame in sequence.scored_frames),
        frame_j=np.array(frame_j),
        frame_f=np.array(frame_f),
        j=aggregate_scores(np.array(frame_j)),
        f=aggregate_scores(np.array(frame_f)),
        num_missing=num_missing,
        failure=masks.failure,
    )


def aggregate_sequences(sequences: Sequence[SequenceScores]) -> DatasetScores:
    """The averages over at least one sequence."""
    over_j, over_f = (
        aggregate_scores(np.concatenate(frames))
        for frames in ([sequence.frame_j for sequence in sequences], [sequence.frame_f for sequence in sequences])
    )
    return DatasetScores(
        sequences=tuple(sequences),
        sequence_mean_j=_average([sequence.j for sequence in sequences]),
        sequence_mean_f=_average([sequence.f for sequence in sequences]),
        frame_mean_j=over_j.mean,
        frame_mean_f=over_f.mean,
        frame_recall_j=over_j.recall,
        frame_recall_f=over_f.recall,
    )


def _average(statistics: Sequence[Statistics]) -> Statistics:
    return Statistics(
        mean=float(np.mean([entry.mean for entry in statistics])),
        recall=float(np.mean([entry.recall for entry in statistics])),
        decay=float(np.mean([entry.decay for entry in statistics])),
    )

"""DAVIS-2017, unsupervised: J and F of several objects, which are matched to at most 20 proposals a video.

The published average is that over objects.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.evaluate.predictions import SequenceMasks, complete_frame
from ike_ray.evaluate.scores import Average, Metric, Scoring, SequenceScores, Statistic, build_mean, build_pooled_mean
from ike_ray.metrics.object_scores import ObjectScores, evaluate_pairs, list_proposals, list_true_objects, match_objects
from ike_ray.metrics.statistics import aggregate_scores

_METRICS: tuple[Metric, ...] = ("jf", "j", "f")
# The statistics of each object. Their order is that of the columns of a sequence's details.
_STATISTICS: tuple[tuple[Metric, Statistic], ...] = (
    ("jf", "mean"),
    *((metric, statistic) for metric in ("j", "f") for statistic in ("mean", "recall", "decay")),
)


def evaluate_numbers(masks: SequenceMasks, sequence: AnnotatedSequence) -> SequenceScores:
    """Return J, F and their mean for each frame, averaged over the objects. The details have a row for each object.

    A sequence without an object in its first frame counts for nothing. What the system wrote is read twice, once for the
    numbers that occur, so that only one frame is held at a time. Raises `InputError` if it has another size than the truth.
    """
    numbers = list_true_objects(sequence.scored_frames[0].read_labels())
    frames = sequence.scored_frames if numbers else ()
    found, num_missing = _list_found(masks, frames)
    pairs = [_evaluate_frame(masks, sequence, frame, found, numbers) for frame in frames]
    objects = match_objects(np.stack(pairs), found, numbers) if numbers else ()
    details = np.array([_describe_object(scores) for scores in objects]).reshape(-1, len(_STATISTICS))
    j, f = (_average_frames([getattr(scores, name) for scores in objects]) for name in ("frame_j", "frame_f"))
    return SequenceScores(
        name=sequence.name,
        class_name=sequence.class_name,
        frame_names=tuple(frame.name for frame in frames),
        frames={"jf": (j + f) / 2, "j": j, "f": f},
        statistics=dict(zip(_STATISTICS, details.mean(axis=0).tolist(), strict=True)) if objects else {},
        details=details,
        num_missing=num_missing,
        failure=masks.failure,
    )


def average_objects(sequences: Sequence[SequenceScores]) -> list[Average]:
    """Return the means over all objects, which are the published ones, then those over sequences and over frames."""
    averages = []
    for column, (metric, statistic) in enumerate(_STATISTICS):
        objects = [sequence.details[:, column] for sequence in sequences]
        averages.append(build_pooled_mean("objects", metric, statistic, objects))
    for metric, statistic in _STATISTICS:
        values = [sequence.statistics[metric, statistic] for sequence in sequences]
        averages.append(build_mean("sequences", metric, statistic, values))
    for metric in _METRICS:
        averages.append(build_pooled_mean("frames", metric, "mean", [sequence.frames[metric] for sequence in sequences]))
    return averages


def _list_found(masks: SequenceMasks, frames: Sequence[TrueFrame]) -> tuple[list[int], int]:
    """Return the numbers of the proposals that count, and the number of frames without a proposal file."""
    occurring: set[int] = set()
    num_missing = 0
    for frame in frames:
        proposals = masks.read_numbers(frame)
        if proposals is None:
            num_missing += 1
        else:
            occurring.update(np.unique(proposals).tolist())
    return list_proposals(np.array(sorted(occurring), dtype=np.uint8)), num_missing


def _evaluate_frame(
    masks: SequenceMasks, sequence: AnnotatedSequence, frame: TrueFrame, found: list[int], numbers: list[int]
) -> Float64[np.ndarray, "n p 2"]:
    truth = frame.read_labels()
    proposals = complete_frame(masks.read_numbers(frame), np.zeros_like(truth), sequence, frame)
    return evaluate_pairs(proposals, truth, found, numbers)


def _average_frames(scores: list[Float64[np.ndarray, " m"]]) -> Float64[np.ndarray, " m"]:
    """Return, of each frame, the mean over objects."""
    return np.mean(scores, axis=0) if scores else np.zeros(0)


def _describe_object(scores: ObjectScores) -> list[float]:
    """Return one row of a sequence's details."""
    statistics = {"j": aggregate_scores(scores.frame_j), "f": aggregate_scores(scores.frame_f)}
    return [
        (scores.j + scores.f) / 2 if metric == "jf" else getattr(statistics[metric], statistic)
        for metric, statistic in _STATISTICS
    ]


OBJECTS = Scoring(
    name="objects",
    is_one_foreground=False,
    metrics=_METRICS,
    statistics=_STATISTICS,
    headline=tuple((over, metric, "mean") for over in ("objects", "sequences", "frames") for metric in _METRICS),
    evaluate=evaluate_numbers,
    average=average_objects,
)

"""DAVIS-2016, SegTrack v2 and FBMS-59: J and F of one foreground. Several objects of a truth count as one.

The frames of a sequence are averaged, then the sequences (Perazzi et al., CVPR 2016, section 5).
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.predictions import SequenceMasks, complete_frame
from ike_ray.evaluate.scores import Average, Metric, Scoring, SequenceScores, Statistic, build_mean, build_pooled_mean
from ike_ray.metrics.boundary import evaluate_boundary
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.metrics.statistics import RECALL_LEVEL, aggregate_scores

_METRICS: tuple[Metric, ...] = ("j", "f")
_STATISTICS: tuple[tuple[Metric, Statistic], ...] = tuple(product(_METRICS, ("mean", "recall", "decay")))


def evaluate_regions(masks: SequenceMasks, sequence: AnnotatedSequence) -> SequenceScores:
    """Return J and F of the scored frames of one sequence.

    Raises `InputError` if a mask has another size than the truth.
    """
    scores: dict[Metric, list[float]] = {"j": [], "f": []}
    num_missing = 0
    for frame in sequence.scored_frames:
        truth, found = frame.read_mask(), masks.read(frame)
        num_missing += found is None
        mask = complete_frame(found, np.zeros_like(truth), sequence, frame)
        scores["j"].append(float(evaluate_jaccard(mask[None], truth[None])[0]))
        scores["f"].append(evaluate_boundary(mask, truth))
    frames = {metric: np.array(values) for metric, values in scores.items()}
    return SequenceScores(
        name=sequence.name,
        class_name=sequence.class_name,
        frame_names=tuple(frame.name for frame in sequence.scored_frames),
        frames=frames,
        statistics={
            (metric, statistic): getattr(aggregate_scores(frames[metric]), statistic) for metric, statistic in _STATISTICS
        },
        details=np.zeros((0, 0)),
        num_missing=num_missing,
        failure=masks.failure,
    )


def average_regions(sequences: Sequence[SequenceScores]) -> list[Average]:
    """Return the means over sequences of all three statistics, and over frames of mean and recall.

    A decay over the frames of different sequences would mean nothing.
    """
    averages = [
        build_mean("sequences", metric, statistic, [sequence.statistics[metric, statistic] for sequence in sequences])
        for metric, statistic in _STATISTICS
    ]
    for metric in _METRICS:
        frames = [sequence.frames[metric] for sequence in sequences]
        averages.append(build_pooled_mean("frames", metric, "mean", frames))
        averages.append(build_pooled_mean("frames", metric, "recall", [scores > RECALL_LEVEL for scores in frames]))
    return averages


REGIONS = Scoring(
    name="regions",
    is_one_foreground=True,
    metrics=_METRICS,
    statistics=_STATISTICS,
    headline=tuple((over, metric, "mean") for over in ("sequences", "frames") for metric in _METRICS),
    evaluate=evaluate_regions,
    average=average_regions,
)

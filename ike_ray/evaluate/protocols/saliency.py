"""DAVSOD and other video saliency sets: S-, E- and F-measure and MAE of soft maps, each stretched to its own range.

The frames of a sequence are averaged, then the sequences. Max F is the maximum of the averaged curve over 256 cuts.
"""

from collections.abc import Sequence

import numpy as np

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.predictions import SequenceMasks, complete_frame
from ike_ray.evaluate.scores import (
    Average,
    Metric,
    Scoring,
    SequenceScores,
    Statistic,
    build_mean,
    build_peak,
    build_pooled_mean,
)
from ike_ray.metrics.absolute_error import evaluate_absolute_error
from ike_ray.metrics.alignment import evaluate_alignment
from ike_ray.metrics.f_beta import evaluate_f_beta
from ike_ray.metrics.levels import NUM_THRESHOLDS, count_thresholds, scale_soft_mask
from ike_ray.metrics.structure import evaluate_structure

_METRICS: tuple[Metric, ...] = ("s", "e", "mae")  # a frame has one number of each; F is that of a curve


def evaluate_saliency(masks: SequenceMasks, sequence: AnnotatedSequence) -> SequenceScores:
    """Return the measures of each frame. The details are the mean of the F-beta curves, one row of 256.

    A frame without a map counts as a map of zeros. Raises `InputError` if a map has another size than the truth.
    """
    scores: dict[Metric, list[float]] = {metric: [] for metric in _METRICS}
    curve, num_missing = np.zeros(NUM_THRESHOLDS), 0
    for frame in sequence.scored_frames:
        truth, found = frame.read_mask(), masks.read_soft(frame)
        num_missing += found is None
        scaled = scale_soft_mask(complete_frame(found, np.zeros(truth.shape), sequence, frame))
        counts = count_thresholds(scaled, truth)
        scores["s"].append(evaluate_structure(scaled, truth))
        scores["e"].append(float(evaluate_alignment(counts).mean()))
        scores["mae"].append(evaluate_absolute_error(scaled, truth))
        curve += evaluate_f_beta(counts) / len(sequence.scored_frames)
    return SequenceScores(
        name=sequence.name,
        class_name=sequence.class_name,
        frame_names=tuple(frame.name for frame in sequence.scored_frames),
        frames={metric: np.array(values) for metric, values in scores.items()},
        statistics={
            **{(metric, "mean"): float(np.mean(values)) for metric, values in scores.items()},
            ("f_beta", "max"): float(curve.max()),
        },
        details=curve[None],
        num_missing=num_missing,
        failure=masks.failure,
    )


def average_saliency(sequences: Sequence[SequenceScores]) -> list[Average]:
    """Return the means over sequences and over frames."""
    curves = np.concatenate([sequence.details for sequence in sequences])
    averages = []
    for metric in _METRICS:
        means = [sequence.statistics[metric, "mean"] for sequence in sequences]
        averages.append(build_mean("sequences", metric, "mean", means))
        averages.append(build_pooled_mean("frames", metric, "mean", [sequence.frames[metric] for sequence in sequences]))
    averages.append(build_peak("sequences", "f_beta", curves, [1] * len(sequences)))
    averages.append(build_peak("frames", "f_beta", curves, [len(sequence.frame_names) for sequence in sequences]))
    return averages


_STATISTICS: tuple[tuple[Metric, Statistic], ...] = (("s", "mean"), ("f_beta", "max"), ("e", "mean"), ("mae", "mean"))

SALIENCY = Scoring(
    name="saliency",
    is_one_foreground=True,
    metrics=_METRICS,
    statistics=_STATISTICS,
    headline=tuple((over, *key) for over in ("sequences", "frames") for key in _STATISTICS),
    evaluate=evaluate_saliency,
    average=average_saliency,
)

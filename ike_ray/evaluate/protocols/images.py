"""ECSSD, DUTS-TE, DUT-OMRON and CUB: IoU and pixel accuracy of an image's mask, and max F-beta of its soft map.

All are means over images. This is the protocol of Melas-Kyriazi et al., CVPR 2022, and of Wang et al., CVPR 2022.
"""

from collections.abc import Sequence

import numpy as np

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.predictions import SequenceMasks, complete_frame
from ike_ray.evaluate.scores import Average, Metric, Scoring, SequenceScores, Statistic, build_mean, build_peak
from ike_ray.metrics.accuracy import evaluate_accuracy
from ike_ray.metrics.f_beta import evaluate_f_beta
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.metrics.levels import count_thresholds, scale_soft_mask

_METRICS: tuple[Metric, ...] = ("iou", "accuracy")


def evaluate_image(masks: SequenceMasks, sequence: AnnotatedSequence) -> SequenceScores:
    """Return the scores of one image, a sequence of one frame. The details are its F-beta curve, one row of 256.

    Raises `InputError` if the mask or the map has another size than the truth.
    """
    (frame,) = sequence.scored_frames
    truth, found = frame.read_mask(), masks.read(frame)
    mask = complete_frame(found, np.zeros_like(truth), sequence, frame)
    soft = complete_frame(masks.read_soft(frame), np.zeros(truth.shape), sequence, frame)
    curve = evaluate_f_beta(count_thresholds(scale_soft_mask(soft), truth))
    iou, accuracy = float(evaluate_jaccard(mask[None], truth[None])[0]), evaluate_accuracy(mask, truth)
    return SequenceScores(
        name=sequence.name,
        class_name=sequence.class_name,
        frame_names=(frame.name,),
        frames={"iou": np.array([iou]), "accuracy": np.array([accuracy])},
        statistics={("iou", "mean"): iou, ("accuracy", "mean"): accuracy, ("f_beta", "max"): float(curve.max())},
        details=curve[None],
        num_missing=int(found is None),
        failure=masks.failure,
    )


def average_images(sequences: Sequence[SequenceScores]) -> list[Average]:
    """Return the means over images. Each has one frame, so that the mean over frames is the same."""
    means = [
        build_mean("sequences", metric, "mean", [sequence.statistics[metric, "mean"] for sequence in sequences])
        for metric in _METRICS
    ]
    curves = np.concatenate([sequence.details for sequence in sequences])
    return [*means, build_peak("sequences", "f_beta", curves, [1] * len(sequences))]


_STATISTICS: tuple[tuple[Metric, Statistic], ...] = (("iou", "mean"), ("accuracy", "mean"), ("f_beta", "max"))

IMAGES = Scoring(
    name="images",
    is_one_foreground=True,
    metrics=_METRICS,
    statistics=_STATISTICS,
    headline=tuple(("sequences", *key) for key in _STATISTICS),
    evaluate=evaluate_image,
    average=average_images,
)

"""Semantic segmentation of VOC12: clusters without a name against classes, on the confusion matrix over the whole set.

If there are as many clusters as classes, they are assigned one to one, and otherwise by majority. The number of a cluster is
the same in all images.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Float64, Int64

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.predictions import SequenceMasks, complete_frame
from ike_ray.evaluate.scores import Average, ClassScores, Metric, Scoring, SequenceScores, build_average
from ike_ray.metrics.bootstrap import evaluate_average
from ike_ray.metrics.clusters import (
    build_confusion,
    count_pairs,
    evaluate_class_iou,
    evaluate_merged_accuracy,
    merge_clusters,
)


def count_image(masks: SequenceMasks, sequence: AnnotatedSequence) -> SequenceScores:
    """Return the pairs of cluster and class of one image as details: position of the seed, cluster, class, pixels.

    An image without clusters is all of cluster 0, whatever the seed is, and so has the position -1. Raises `InputError` if
    the map has another size than the truth.
    """
    (frame,) = sequence.scored_frames
    truth, found = frame.read_labels(), masks.read_clusters(frame)
    empty = np.zeros(truth.shape, np.int64)
    maps = {-1: empty} if found is None else dict(enumerate(found))
    pairs = {seed: count_pairs(complete_frame(own, empty, sequence, frame), truth) for seed, own in maps.items()}
    details = np.concatenate([np.insert(own, 0, seed, axis=1) for seed, own in pairs.items()])
    return SequenceScores(
        name=sequence.name,
        class_name=sequence.class_name,
        frame_names=(frame.name,) if len(details) else (),  # without details the truth is void everywhere
        frames={},
        statistics={},
        details=details.astype(np.float64),
        num_missing=int(found is None),
        failure=masks.failure,
    )


def average_semantic(sequences: Sequence[SequenceScores]) -> list[Average]:
    """Return the mean IoU over the classes that occur, and the pixel accuracy.

    Both are means over the seeds that a system was run with. From two seeds on, their deviation is given as well. Each
    resample of images is assigned anew, seed by seed.
    """
    confusions = _stack_confusions(sequences)
    shapes = [own.shape[1:] for own in confusions]
    rows = np.concatenate([own.reshape(len(own), -1) for own in confusions], axis=1).astype(np.float64)
    ends = np.cumsum([0, *(height * width for height, width in shapes)])

    def score(means: Float64[np.ndarray, "r k"], measure: Measure) -> Float64[np.ndarray, "r s"]:
        parts = [means[:, start:stop] for start, stop in itertools.pairwise(ends)]
        counts = [np.rint(part * len(rows)).astype(np.int64) for part in parts]
        return np.array(
            [
                [measure(merge_clusters(own[row].reshape(shape))) for own, shape in zip(counts, shapes, strict=True)]
                for row in range(len(means))
            ]
        )

    def finish_mean(means: Float64[np.ndarray, "r k"], measure: Measure) -> Float64[np.ndarray, " r"]:
        return score(means, measure).mean(axis=1)

    def finish_deviation(means: Float64[np.ndarray, "r k"], measure: Measure) -> Float64[np.ndarray, " r"]:
        return score(means, measure).std(axis=1, ddof=1)

    averages = []
    for metric, measure in _MEASURES.items():
        mean = build_average("set", metric, "mean", rows, partial(finish_mean, measure=measure))
        averages.append(mean)
        if len(shapes) > 1:
            sample = replace(mean.sample, finish=partial(finish_deviation, measure=measure))
            value = evaluate_average(sample)
            averages.append(replace(mean, statistic="deviation", value=value, interval=None, sample=sample))
    return averages


def list_pixel_classes(sequences: Sequence[SequenceScores]) -> list[ClassScores]:
    """Return the IoU of each class over the whole set, as the mean over seeds.

    A class is named by its number. Its images are those that have a pixel of it.
    """
    confusions = _stack_confusions(sequences)
    scores = np.mean([evaluate_class_iou(merge_clusters(own.sum(axis=0))) for own in confusions], axis=0)
    num_images = (confusions[0].sum(axis=1) > 0).sum(axis=0)
    return [
        ClassScores(
            name=str(number),
            num_sequences=int(num_images[number]),
            num_frames=int(num_images[number]),
            statistics={("iou", "mean"): float(iou)},
        )
        for number, iou in enumerate(scores)
        if not np.isnan(iou)
    ]


def count_seeds(sequences: Sequence[SequenceScores]) -> int:
    """Return the number of seeds that a system was run with."""
    return max(1, int(max(sequence.details[:, 0].max() for sequence in sequences)) + 1)


def _stack_confusions(sequences: Sequence[SequenceScores]) -> list[Int64[np.ndarray, "n k c"]]:
    """Return, of each seed, a confusion matrix for each image. The highest numbers of the whole set give its size."""
    details = [sequence.details.astype(np.int64) for sequence in sequences]
    num_classes = int(max(some[:, 2].max() for some in details)) + 1
    found = []
    for seed in range(count_seeds(sequences)):
        pairs = [some[(some[:, 0] == seed) | (some[:, 0] == -1), 1:] for some in details]
        num_clusters = int(max(some[:, 0].max() for some in pairs)) + 1
        found.append(np.stack([build_confusion(some, num_clusters, num_classes) for some in pairs]))
    return found


def _average_iou(merged: Int64[np.ndarray, "c c"]) -> float:
    return float(np.nanmean(evaluate_class_iou(merged)))


Measure = Callable[[Int64[np.ndarray, "c c"]], float]
_MEASURES: dict[Metric, Measure] = {"iou": _average_iou, "accuracy": evaluate_merged_accuracy}


SEMANTIC = Scoring(
    name="semantic",
    is_one_foreground=False,
    metrics=(),  # an image has no score by itself
    statistics=(),
    headline=(("set", "iou", "mean"), ("set", "iou", "deviation"), ("set", "accuracy", "mean")),
    evaluate=count_image,
    average=average_semantic,
    list_classes=list_pixel_classes,
    count_seeds=count_seeds,
)

"""Semantic segmentation, VOC12: clusters that have no name against classes, on the confusion matrix over the whole set.

As many clusters as classes: one to one; other counts: by majority. A cluster's number is the same in all images.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.averages import Average, ClassScores, SequenceScores, build_average
from ike_ray.evaluate.frames import complete_frame
from ike_ray.evaluate.predictions import SequenceMasks
from ike_ray.evaluate.scoring import Scoring
from ike_ray.metrics.clusters import (
    build_confusion,
    count_pairs,
    evaluate_class_iou,
    evaluate_merged_accuracy,
    merge_clusters,
)


def count_image(masks: SequenceMasks, sequence: AnnotatedSequence) -> SequenceScores:
    """The pairs of cluster and class of one image as details: cluster, class, pixels.

    An image without clusters is all of cluster 0. Raises `InputError` where it has another size than the truth.
    """
    (frame,) = sequence.scored_frames
    truth, found = frame.read_labels(), masks.read_clusters(frame)
    clusters = complete_frame(found, np.zeros_like(truth), sequence, frame)
    pairs = count_pairs(clusters, truth)
    return SequenceScores(
        name=sequence.name,
        class_name=sequence.class_name,
        frame_names=(frame.name,) if len(pairs) else (),  # else the truth is void everywhere
        frames={},
        statistics={},
        details=pairs.astype(np.float64),
        num_missing=int(found is None),
        failure=masks.failure,
    )


def average_semantic(sequences: Sequence[SequenceScores]) -> list[Average]:
    """Mean IoU over the classes that occur, and pixel accuracy; each resample of images is assigned anew."""
    confusions = _stack_confusions(sequences)
    shape = confusions.shape[1:]
    rows = confusions.reshape(len(confusions), -1).astype(np.float64)

    def merge(mean: Float64[np.ndarray, " k"]) -> Int64[np.ndarray, "c c"]:
        return merge_clusters(np.rint(mean * len(rows)).astype(np.int64).reshape(shape))

    def finish_iou(means: Float64[np.ndarray, "r k"]) -> Float64[np.ndarray, " r"]:
        return np.array([np.nanmean(evaluate_class_iou(merge(mean))) for mean in means])

    def finish_accuracy(means: Float64[np.ndarray, "r k"]) -> Float64[np.ndarray, " r"]:
        return np.array([evaluate_merged_accuracy(merge(mean)) for mean in means])

    return [
        build_average("set", "iou", "mean", rows, finish_iou),
        build_average("set", "accuracy", "mean", rows, finish_accuracy),
    ]


def list_pixel_classes(sequences: Sequence[SequenceScores]) -> list[ClassScores]:
    """IoU of each class over the whole set, named by its number; images are those that have a pixel of it."""
    confusions = _stack_confusions(sequences)
    scores = evaluate_class_iou(merge_clusters(confusions.sum(axis=0)))
    num_images = (confusions.sum(axis=1) > 0).sum(axis=0)
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


def _stack_confusions(sequences: Sequence[SequenceScores]) -> Int64[np.ndarray, "n k c"]:
    """A confusion matrix an image; as many rows and columns as the highest numbers of the whole set say."""
    pairs = [sequence.details.astype(np.int64) for sequence in sequences]
    highest = np.concatenate([some[:, :2] for some in pairs]).max(axis=0)
    return np.stack([build_confusion(some, int(highest[0]) + 1, int(highest[1]) + 1) for some in pairs])


SEMANTIC = Scoring(
    metrics=(),  # nothing is known of an image by itself
    statistics=(),
    headline=(("set", "iou", "mean"), ("set", "accuracy", "mean")),
    evaluate=count_image,
    average=average_semantic,
    list_classes=list_pixel_classes,
)

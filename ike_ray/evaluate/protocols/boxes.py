"""YouTube-Objects with boxes, VOC and COCO20k: CorLoc, the share of annotated frames whose box is right.

A box is right if its IoU with any true box of the frame is at least 0.5. The frames of all videos of a class are averaged,
then the classes (Prest et al., CVPR 2012). Images are averaged over all of them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.predictions import SequenceMasks
from ike_ray.evaluate.scores import (
    Average,
    ClassScores,
    Scoring,
    SequenceScores,
    build_mean,
    build_pooled_mean,
    list_class_means,
)
from ike_ray.metrics.localization import build_largest_box, is_localized


def evaluate_boxes(masks: SequenceMasks, sequence: AnnotatedSequence) -> SequenceScores:
    """Return 1 for each annotated frame whose box is right, and 0 for each other frame.

    The box is that of the largest part of the mask.
    """
    names, hits, num_missing = [], [], 0
    for frame in sequence.scored_frames:
        if not frame.boxes:
            continue
        found = masks.read(frame)
        num_missing += found is None
        box = None if found is None else build_largest_box(found)
        hits.append(float(is_localized(box, frame.boxes)))
        names.append(frame.name)
    return SequenceScores(
        name=sequence.name,
        class_name=sequence.class_name,
        frame_names=tuple(names),
        frames={"corloc": np.array(hits)},
        statistics={("corloc", "mean"): float(np.mean(hits))} if hits else {},
        details=np.zeros((0, 0)),
        num_missing=num_missing,
        failure=masks.failure,
    )


def average_boxes(sequences: Sequence[SequenceScores]) -> list[Average]:
    """Return CorLoc over classes, if sequences have one, over sequences and over frames."""
    hits = [sequence.frames["corloc"] for sequence in sequences]
    names = [sequence.class_name for sequence in sequences]
    averages = [
        build_mean("sequences", "corloc", "mean", [sequence.statistics["corloc", "mean"] for sequence in sequences]),
        build_pooled_mean("frames", "corloc", "mean", hits),
    ]
    return averages if None in names else [build_pooled_mean("classes", "corloc", "mean", hits, names), *averages]


def list_box_classes(sequences: Sequence[SequenceScores]) -> list[ClassScores]:
    """Return CorLoc of each class, over all of its frames."""
    hits = {
        scores.name: np.concatenate([entry.frames["corloc"] for entry in sequences if entry.class_name == scores.name])
        for scores in list_class_means(sequences)
    }
    return [
        replace(scores, statistics={("corloc", "mean"): float(hits[scores.name].mean())})
        for scores in list_class_means(sequences)
    ]


BOXES = Scoring(
    name="boxes",
    is_one_foreground=False,
    metrics=("corloc",),
    statistics=(("corloc", "mean"),),
    headline=tuple((over, "corloc", "mean") for over in ("classes", "sequences", "frames")),
    evaluate=evaluate_boxes,
    average=average_boxes,
    list_classes=list_box_classes,
)

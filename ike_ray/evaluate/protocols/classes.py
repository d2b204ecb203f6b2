"""YouTube-Objects with masks: J of the annotated frames whose truth is not empty.

The frames of a video are averaged, then the videos of a class, then the classes (Jain and Grauman, ECCV 2014). The mean over
videos is given besides.
"""

from collections.abc import Sequence

import numpy as np

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.predictions import SequenceMasks, complete_shrunk_mask
from ike_ray.evaluate.scores import Average, Scoring, SequenceScores, build_mean, build_pooled_mean
from ike_ray.metrics.jaccard import evaluate_jaccard


def evaluate_classes(masks: SequenceMasks, sequence: AnnotatedSequence) -> SequenceScores:
    """Return J of the frames of one video. Raises `InputError` if a mask has another aspect ratio than the truth."""
    names, scores, num_missing = [], [], 0
    for frame in sequence.scored_frames:
        truth = frame.read_mask()
        if not truth.any():
            continue
        found = masks.read(frame)
        num_missing += found is None
        mask = complete_shrunk_mask(found, np.zeros_like(truth), sequence, frame)
        scores.append(float(evaluate_jaccard(mask[None], truth[None])[0]))
        names.append(frame.name)
    return SequenceScores(
        name=sequence.name,
        class_name=sequence.class_name,
        frame_names=tuple(names),
        frames={"j": np.array(scores)},
        statistics={("j", "mean"): float(np.mean(scores))} if scores else {},
        details=np.zeros((0, 0)),
        num_missing=num_missing,
        failure=masks.failure,
    )


def average_classes(sequences: Sequence[SequenceScores]) -> list[Average]:
    """Return the mean over classes, which is the published one, and the means over videos and over frames."""
    means = [sequence.statistics["j", "mean"] for sequence in sequences]
    return [
        build_mean("classes", "j", "mean", means, [sequence.class_name for sequence in sequences]),
        build_mean("sequences", "j", "mean", means),
        build_pooled_mean("frames", "j", "mean", [sequence.frames["j"] for sequence in sequences]),
    ]


CLASSES = Scoring(
    name="classes",
    is_one_foreground=True,
    metrics=("j",),
    statistics=(("j", "mean"),),
    headline=(("classes", "j", "mean"), ("sequences", "j", "mean"), ("frames", "j", "mean")),
    evaluate=evaluate_classes,
    average=average_classes,
)

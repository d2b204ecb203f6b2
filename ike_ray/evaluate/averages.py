"""Averages over a dataset, with the interval of each, and the records that hold scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Shaped

from ike_ray.metrics.bootstrap import Finish, Interval, Sample, estimate_interval, evaluate_average

# sequences  mean over a sequence's frames, then over sequences: the official average of most datasets; of images, over images
# frames     every frame of every sequence weighs the same
# classes    means of classes, then over classes
# objects    every object of every sequence weighs the same
# set        one number from all pixels of the whole set
Over = Literal["sequences", "frames", "classes", "objects", "set"]
Metric = Literal["j", "f", "jf", "corloc", "s", "e", "f_beta", "mae", "iou", "accuracy"]
# deviation  over the seeds that a system was run with, n - 1 in the denominator
Statistic = Literal["mean", "recall", "decay", "max", "deviation"]


@dataclass(frozen=True, kw_only=True)
class SequenceScores:
    """One sequence, or one image."""

    name: str
    class_name: str | None
    frame_names: tuple[str, ...]
    frames: dict[Metric, Float64[np.ndarray, " m"]]  # of each scored frame
    statistics: dict[tuple[Metric, Statistic], float]  # of the sequence; empty where nothing of it counts
    details: Float64[np.ndarray, "a b"]  # what else the averages need: the protocol says what
    num_missing: int  # frames without a mask, scored as empty
    failure: str | None  # why the system has no masks of this sequence


@dataclass(frozen=True, kw_only=True)
class ClassScores:
    """One class: of sequences, or of pixels."""

    name: str
    num_sequences: int  # that have something of it
    num_frames: int
    statistics: dict[tuple[Metric, Statistic], float]


@dataclass(frozen=True, kw_only=True)
class Average:
    """One number for the whole dataset."""

    over: Over
    metric: Metric
    statistic: Statistic
    value: float
    interval: Interval | None  # None with fewer than two sequences, or with a class of one
    sample: Sample

    @property
    def key(self) -> tuple[Over, Metric, Statistic]:
        """What tells it from the other averages of a dataset."""
        return self.over, self.metric, self.statistic


def build_average(
    over: Over,
    metric: Metric,
    statistic: Statistic,
    rows: Float64[np.ndarray, "n k"],
    finish: Finish,
    classes: Sequence[str | None] | None = None,
) -> Average:
    """`finish` of the mean of rows, one a sequence; with the class of each, the mean of that over classes."""
    names = list(dict.fromkeys(classes)) if classes is not None else []
    groups = np.array([names.index(name) for name in classes] if classes is not None else [0] * len(rows), dtype=np.int64)
    sample = Sample(rows=rows, groups=groups, finish=finish)
    return Average(
        over=over,
        metric=metric,
        statistic=statistic,
        value=evaluate_average(sample),
        interval=estimate_interval(sample),
        sample=sample,
    )


def build_mean(
    over: Over, metric: Metric, statistic: Statistic, values: Sequence[float], classes: Sequence[str | None] | None = None
) -> Average:
    """The mean of one value a sequence; with the class of each, the mean of the means of classes."""
    return build_average(
        over, metric, statistic, np.array(values, dtype=np.float64)[:, None], lambda means: means[:, 0], classes
    )


def build_pooled_mean(
    over: Over,
    metric: Metric,
    statistic: Statistic,
    values: Sequence[Shaped[np.ndarray, " _"]],
    classes: Sequence[str | None] | None = None,
) -> Average:
    """The mean of all values of all sequences together, such as of frames; with classes, the mean of theirs."""
    rows = np.array([[some.sum(), some.size] for some in values], dtype=np.float64)
    return build_average(over, metric, statistic, rows, lambda means: means[:, 0] / means[:, 1], classes)


def build_peak(over: Over, metric: Metric, curves: Float64[np.ndarray, "n k"], weights: Sequence[int]) -> Average:
    """The maximum of the mean of curves, one a sequence, each counted `weights` times."""
    counts = np.array(weights, dtype=np.float64)[:, None]
    rows = np.concatenate([curves * counts, counts], axis=1)
    return build_average(over, metric, "max", rows, lambda means: (means[:, :-1] / means[:, -1:]).max(axis=1))


def list_class_means(sequences: Sequence[SequenceScores]) -> list[ClassScores]:
    """Of each class, the means of its sequences' statistics. Empty where sequences have no class."""
    found = []
    for name in dict.fromkeys(sequence.class_name for sequence in sequences if sequence.class_name is not None):
        own = [sequence for sequence in sequences if sequence.class_name == name]
        found.append(
            ClassScores(
                name=name,
                num_sequences=len(own),
                num_frames=sum(len(sequence.frame_names) for sequence in own),
                statistics={key: float(np.mean([sequence.statistics[key] for sequence in own])) for key in own[0].statistics},
            )
        )
    return found

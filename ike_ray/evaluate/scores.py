"""The scores of sequences, of classes and of a whole dataset, and what a protocol has to say to arrive at them.

Every average of a dataset comes with its 95 % interval.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Shaped

from ike_ray.datasets.description import Protocol
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.predictions import SequenceMasks
from ike_ray.metrics.bootstrap import Finish, Interval, Sample, estimate_interval, evaluate_average

# What an average is taken over:
# sequences  The frames of a sequence are averaged, then the sequences: this is the official average of most datasets. Each
#            image is a sequence.
# frames     Every frame of every sequence weighs the same.
# classes    Each class is averaged, then the classes.
# objects    Every object of every sequence weighs the same.
# set        One number is computed from all pixels of the whole set.
Over = Literal["sequences", "frames", "classes", "objects", "set"]
Metric = Literal["j", "f", "jf", "corloc", "s", "e", "f_beta", "mae", "iou", "accuracy"]
# The deviation is taken over the seeds that a system was run with, with n - 1 in the denominator.
Statistic = Literal["mean", "recall", "decay", "max", "deviation"]
Key = tuple[Over, Metric, Statistic]


@dataclass(frozen=True, kw_only=True)
class SequenceScores:
    """The scores of one sequence, or of one image."""

    name: str
    class_name: str | None
    frame_names: tuple[str, ...]
    frames: dict[Metric, Float64[np.ndarray, " m"]]  # the scores of each scored frame
    statistics: dict[tuple[Metric, Statistic], float]  # of the sequence; empty if nothing of it counts
    details: Float64[np.ndarray, "a b"]  # what else the averages need, as the protocol says
    num_missing: int  # frames without a mask, which are scored as empty
    failure: str | None  # why the system has no masks of this sequence


@dataclass(frozen=True, kw_only=True)
class ClassScores:
    """The scores of one class, of sequences or of pixels."""

    name: str
    num_sequences: int  # the number of sequences in which the class occurs
    num_frames: int
    statistics: dict[tuple[Metric, Statistic], float]


@dataclass(frozen=True, kw_only=True)
class Average:
    """One number for the whole dataset."""

    over: Over
    metric: Metric
    statistic: Statistic
    value: float
    interval: Interval | None  # None if there are fewer than two sequences, or if a class has only one
    sample: Sample

    @property
    def key(self) -> Key:
        """Return what tells this average from the others of a dataset."""
        return self.over, self.metric, self.statistic


@dataclass(frozen=True, kw_only=True)
class DatasetScores:
    """All sequences that count, and what is made of them."""

    sequences: tuple[SequenceScores, ...]
    left_out: tuple[str, ...]  # names of the sequences whose truth shows nothing that could be found
    classes: tuple[ClassScores, ...]
    averages: tuple[Average, ...]

    def find_average(self, over: Over, metric: Metric, statistic: Statistic = "mean") -> Average | None:
        """Return one of the averages, or None if the protocol does not have it."""
        return next((average for average in self.averages if average.key == (over, metric, statistic)), None)

    @property
    def num_frames(self) -> int:
        """Return the number of scored frames of all sequences."""
        return sum(len(sequence.frame_names) for sequence in self.sequences)


def list_class_means(sequences: Sequence[SequenceScores]) -> list[ClassScores]:
    """Return, of each class, the means of its sequences' statistics. The list is empty if sequences have no class."""
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


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """What a protocol does with one sequence and with the scores of all, and which of its averages come first."""

    name: Protocol
    is_one_foreground: bool  # whether several objects of a truth count as one
    metrics: tuple[Metric, ...]  # the metrics of single frames
    statistics: tuple[tuple[Metric, Statistic], ...]  # the statistics of sequences
    headline: tuple[Key, ...]  # the averages by which systems are compared, the published kind first
    evaluate: Callable[[SequenceMasks, AnnotatedSequence], SequenceScores]
    average: Callable[[Sequence[SequenceScores]], list[Average]]
    list_classes: Callable[[Sequence[SequenceScores]], list[ClassScores]] = list_class_means
    count_seeds: Callable[[Sequence[SequenceScores]], int] = lambda sequences: 1  # how many seeds a system was run with


def build_average(
    over: Over,
    metric: Metric,
    statistic: Statistic,
    rows: Float64[np.ndarray, "n k"],
    finish: Finish,
    classes: Sequence[str | None] | None = None,
) -> Average:
    """Return `finish` of the mean of the rows, one for each sequence. With classes, it is the mean of that over classes."""
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
    """Return the mean of one value for each sequence. With classes, it is the mean of the means of the classes."""
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
    """Return the mean of all values of all sequences together, such as of frames. With classes, it is the mean of theirs."""
    rows = np.array([[some.sum(), some.size] for some in values], dtype=np.float64)
    return build_average(over, metric, statistic, rows, lambda means: means[:, 0] / means[:, 1], classes)


def build_peak(over: Over, metric: Metric, curves: Float64[np.ndarray, "n k"], weights: Sequence[int]) -> Average:
    """Return the maximum of the mean of the curves, one for each sequence, each of which counts `weights` times."""
    counts = np.array(weights, dtype=np.float64)[:, None]
    rows = np.concatenate([curves * counts, counts], axis=1)
    return build_average(over, metric, "max", rows, lambda means: (means[:, :-1] / means[:, -1:]).max(axis=1))

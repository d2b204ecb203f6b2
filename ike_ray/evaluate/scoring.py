"""What a protocol is to the rest of the evaluation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.evaluate.averages import Average, ClassScores, Metric, Over, SequenceScores, Statistic, list_class_means
from ike_ray.evaluate.predictions import SequenceMasks


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """What is done with one sequence, what with the scores of all, and what of it comes first."""

    metrics: tuple[Metric, ...]  # that single frames have
    statistics: tuple[tuple[Metric, Statistic], ...]  # that sequences have
    headline: tuple[tuple[Over, Metric, Statistic], ...]  # averages that systems are compared by, the published kind first
    evaluate: Callable[[SequenceMasks, AnnotatedSequence], SequenceScores]
    average: Callable[[Sequence[SequenceScores]], list[Average]]
    list_classes: Callable[[Sequence[SequenceScores]], list[ClassScores]] = list_class_means

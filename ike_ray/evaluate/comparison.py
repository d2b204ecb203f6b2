"""Systems side by side on one benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass

from ike_ray.evaluate.averages import Average, Metric, Over, Statistic
from ike_ray.evaluate.benchmark import Evaluation
from ike_ray.evaluate.protocols import choose_scoring
from ike_ray.metrics.bootstrap import Difference, estimate_difference

Key = tuple[Over, Metric, Statistic]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One or more systems, the averages they are compared by, and the gap of each to the first."""

    evaluations: tuple[Evaluation, ...]
    headline: tuple[Key, ...]  # the published kind of average first
    gaps: tuple[dict[Key, Difference], ...]  # of all systems but the first, in order

    @property
    def first(self) -> Evaluation:
        """The system that the others are compared to."""
        return self.evaluations[0]


def build_comparison(evaluations: Sequence[Evaluation]) -> Comparison:
    """The comparison of systems that were scored on the same benchmark."""
    first = evaluations[0]
    headline = [
        key
        for key in choose_scoring(first.benchmark.protocol).headline
        if all(entry.scores.find_average(*key) for entry in evaluations)
    ]
    gaps = [
        {key: estimate_difference(find_average(entry, key).sample, find_average(first, key).sample) for key in headline}
        for entry in evaluations[1:]
    ]
    return Comparison(evaluations=tuple(evaluations), headline=tuple(headline), gaps=tuple(gaps))


def find_average(evaluation: Evaluation, key: Key) -> Average:
    """An average of the headline, which all systems have."""
    average = evaluation.scores.find_average(*key)
    assert average is not None
    return average

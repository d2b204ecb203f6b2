"""How sure an average over sequences is: bootstrap intervals by percentiles, of one system and of the gap between two."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.stats import bootstrap

_COVERAGE = 0.95
_NUM_RESAMPLES = 9999
# This many numbers are drawn at once, which bounds the memory whatever the number of sequences.
_DRAWN_AT_ONCE = 2_000_000

Finish = Callable[[Float64[np.ndarray, "r k"]], Float64[np.ndarray, " r"]]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """The interval that holds 95 % of the resamples of an average."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The average of one system minus that of another on the same sequences. `interval` is None for too few sequences."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """An average, in a form from which it can be made again with other sequences.

    It is `finish` of the mean of `rows`, for each group by itself, and then averaged over the groups. A plain mean has one
    column and one group. A mean over the frames of all sequences has the columns sum and number, and `finish` divides them.
    """

    rows: Float64[np.ndarray, "n k"]  # one row for each sequence
    groups: Int64[np.ndarray, " n"]  # the group of each sequence, such as its class; sequences are drawn within their group
    finish: Finish


def evaluate_average(sample: Sample) -> float:
    """Return the average itself, of at least one sequence."""
    means = np.stack([rows.mean(axis=0) for rows in _split(sample)])
    return float(sample.finish(means).mean())


def estimate_interval(sample: Sample) -> Interval | None:
    """Return the percentile interval over sequences, or None if a group has only one.

    The sequences are drawn with replacement from each group. There are 9,999 resamples from a fixed seed, so the same scores
    have the same interval. Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3.
    """
    groups = _split(sample)
    if min(len(rows) for rows in groups) < 2:
        return None

    def evaluate(*picks: Int64[np.ndarray, "..."], axis: int = -1) -> Float64[np.ndarray, "..."]:
        finished = [sample.finish(_average(rows, chosen)) for rows, chosen in zip(groups, picks, strict=True)]
        return np.mean(finished, axis=0)

    found = bootstrap(
        [np.arange(len(rows)) for rows in groups],
        evaluate,
        n_resamples=_NUM_RESAMPLES,
        batch=max(1, _DRAWN_AT_ONCE // max(len(rows) for rows in groups)),
        vectorized=True,
        axis=-1,
        confidence_level=_COVERAGE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Interval(low=float(found.low), high=float(found.high))


def estimate_difference(sample: Sample, other: Sample) -> Difference:
    """Return `sample` minus `other`, two systems' averages of the same sequences, which are drawn together."""
    num_columns = sample.rows.shape[1]
    both = Sample(
        rows=np.concatenate([sample.rows, other.rows], axis=1),
        groups=sample.groups,
        finish=lambda means: sample.finish(means[:, :num_columns]) - other.finish(means[:, num_columns:]),
    )
    return Difference(value=evaluate_average(sample) - evaluate_average(other), interval=estimate_interval(both))


def _split(sample: Sample) -> list[Float64[np.ndarray, "g k"]]:
    return [sample.rows[sample.groups == group] for group in np.unique(sample.groups)]


def _average(rows: Float64[np.ndarray, "g k"], picks: Int64[np.ndarray, "r g"]) -> Float64[np.ndarray, "r k"]:
    """Return the mean row of each resample, from how often it has each sequence, without a copy of the rows for each."""
    num_resamples, size = picks.shape
    codes = picks + np.arange(num_resamples)[:, None] * size
    counts = np.bincount(codes.ravel(), minlength=num_resamples * size).reshape(num_resamples, size)
    return counts.astype(np.float64) @ rows / size

import numpy as np
import pytest

from ike_ray.metrics.bootstrap import Sample, estimate_difference, estimate_interval, evaluate_average


def build_sample(values: list[float] | np.ndarray, groups: list[int] | None = None) -> Sample:
    rows = np.array(values, dtype=np.float64)
    return Sample(
        rows=rows.reshape(len(rows), -1),
        groups=np.array(groups or [0] * len(rows)),
        finish=lambda means: means[:, 0],
    )


def test_a_mean_and_a_mean_of_group_means() -> None:
    assert evaluate_average(build_sample([0, 0, 0.6])) == pytest.approx(0.2)
    assert evaluate_average(build_sample([0, 0.2, 0.6], [1, 1, 5])) == pytest.approx(0.35)


def test_a_quotient_of_sums() -> None:
    """Two of four frames and one of one: 3/5, not the mean of 1/2 and 1."""
    sample = Sample(rows=np.array([[2.0, 4], [1, 1]]), groups=np.zeros(2, np.int64), finish=lambda m: m[:, 0] / m[:, 1])
    assert evaluate_average(sample) == pytest.approx(3 / 5)


def test_the_interval_of_two_values_is_known() -> None:
    """Drawn twice from 0 and 1, the mean is 0, 1/2 or 1, with 0 and 1 in a quarter of the draws each."""
    found = estimate_interval(build_sample([0, 1]))
    assert found is not None
    assert (found.low, found.high) == (0, 1)


def test_the_interval_is_that_of_the_normal_for_many(rng: np.random.Generator) -> None:
    values = rng.normal(0.7, 0.2, 400)
    found = estimate_interval(build_sample(values))
    assert found is not None
    half = 1.96 * values.std() / 20
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.002)


def test_one_sequence_has_no_interval() -> None:
    assert estimate_interval(build_sample([0.5])) is None
    assert estimate_interval(build_sample([0.5, 0.6, 0.7], [0, 0, 1])) is None


def test_groups_are_drawn_from_by_themselves() -> None:
    """All sequences of a class alike: whatever is drawn, the classes' means stay."""
    found = estimate_interval(build_sample([0, 0, 1, 1], [0, 0, 1, 1]))
    assert found is not None
    assert (found.low, found.high) == (0.5, 0.5)


def test_a_pair_is_drawn_together() -> None:
    """Two systems that differ by 0.1 in every sequence differ by that in every resample, however much sequences vary."""
    values = np.linspace(0, 0.9, 7)
    found = estimate_difference(build_sample(values + 0.1), build_sample(values))
    assert found.interval is not None
    assert (found.value, found.interval.low, found.interval.high) == pytest.approx((0.1, 0.1, 0.1))


def test_the_same_scores_have_the_same_interval(rng: np.random.Generator) -> None:
    sample = build_sample(rng.random(12))
    assert estimate_interval(sample) == estimate_interval(sample)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Two hundred sets of 40 sequences."""
    rng = np.random.default_rng(2)
    found = [estimate_interval(build_sample(rng.random(40))) for _ in range(200)]
    hits = sum(interval is not None and interval.low <= 0.5 <= interval.high for interval in found)
    assert 178 <= hits <= 198

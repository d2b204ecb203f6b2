import pytest
from scipy.stats import binomtest

from ike_ray.metrics.proportion import estimate_share_interval


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 10), (10, 10), (81, 263), (7, 8), (5000, 10000)])
def test_it_is_the_interval_of_wilson(successes: int, trials: int) -> None:
    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    assert estimate_share_interval(successes, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_by_hand() -> None:
    """For four of four, 2 z^2 / 2 cancels below, and the upper end is 1."""
    low, high = estimate_share_interval(4, 4) or (0, 0)
    assert low == pytest.approx(4 / (4 + 1.959963984540054**2))
    assert high == 1
    assert estimate_share_interval(0, 0) is None

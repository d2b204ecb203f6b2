"""How sure a share is that was counted on few."""

import math

_QUANTILE = 1.959963984540054  # of the normal distribution, which 2.5 % lie above


def estimate_share_interval(num_successes: int, num_trials: int) -> tuple[float, float] | None:
    """Return the two ends of the 95 % interval of a share, or None if there was no trial.

    Of n trials k succeeded, and z is the normal quantile. The interval is
    (k + z^2 / 2 +- z sqrt(k (n - k) / n + z^2 / 4)) / (n + z^2). Unlike k / n plus and minus its standard error, it stays
    in [0, 1] and has a width when all or none of a few trials succeeded.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
    Statistical Association 22, 1927, pages 209 to 212.
    """
    if num_trials == 0:
        return None
    square = _QUANTILE**2
    middle = num_successes + square / 2
    half = _QUANTILE * math.sqrt(num_successes * (num_trials - num_successes) / num_trials + square / 4)
    total = num_trials + square
    return max(0.0, (middle - half) / total), min(1.0, (middle + half) / total)

"""MAE: the mean absolute error of a soft map."""

import numpy as np
from jaxtyping import Bool, Float64


def evaluate_absolute_error(scaled: Float64[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return the mean of |v - g| over the pixels of a map with values in [0, 1]; 0 is best.

    Source: Perazzi et al., "Saliency Filters", CVPR 2012, section 4, mean absolute error.
    """
    return float(np.abs(scaled - truth).mean())

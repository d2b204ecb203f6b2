"""How far to trust a mask, without the truth."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float64

from ike_ray.metrics.jaccard import evaluate_jaccard


def estimate_confidences(opinions: Sequence[Bool[np.ndarray, "m h w"]]) -> Float64[np.ndarray, " m"]:
    """Of each frame, in [0, 1]: the mean IoU of each two of several masks that were found in different ways."""
    return np.mean([evaluate_jaccard(one, other) for one, other in combinations(opinions, 2)], axis=0)

"""How far two answers for the same clip agree."""

import numpy as np
from jaxtyping import Bool

from ike_ray.metrics.jaccard import evaluate_jaccard


def evaluate_agreement(masks: Bool[np.ndarray, "m h w"], others: Bool[np.ndarray, "m h w"]) -> float:
    """Mean over frames of the intersection over union, in [0, 1]; two empty masks agree fully."""
    return float(evaluate_jaccard(masks, others).mean())

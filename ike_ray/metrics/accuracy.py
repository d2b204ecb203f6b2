"""Pixel accuracy: the share of pixels that are called what they are."""

import numpy as np
from jaxtyping import Bool


def evaluate_accuracy(mask: Bool[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return the share of the pixels of one frame where mask and truth agree, in [0, 1]."""
    return float((mask == truth).mean())

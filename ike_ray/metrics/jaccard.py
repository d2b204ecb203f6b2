"""Region similarity J: the intersection of two masks over their union."""

import numpy as np
from jaxtyping import Bool, Float64


def evaluate_jaccard(masks: Bool[np.ndarray, "m H W"], truths: Bool[np.ndarray, "m H W"]) -> Float64[np.ndarray, " m"]:
    """Return |P and G| / |P or G| of each frame, in [0, 1]. It is 1 if both are empty.

    Source: Perazzi et al., CVPR 2016, section 5, region similarity.
    """
    intersection = np.count_nonzero(masks & truths, axis=(1, 2))
    union = np.count_nonzero(masks | truths, axis=(1, 2))
    return np.where(union > 0, intersection / np.maximum(union, 1), 1.0)


def evaluate_mean_jaccard(masks: Bool[np.ndarray, "m H W"], truths: Bool[np.ndarray, "m H W"]) -> float:
    """Return the mean of `evaluate_jaccard` over all frames, in [0, 1]; two empty masks agree fully."""
    return float(evaluate_jaccard(masks, truths).mean())

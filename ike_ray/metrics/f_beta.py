"""F-beta: precision and recall of a soft map at each of 256 thresholds."""

import numpy as np
from jaxtyping import Float64

from ike_ray.metrics.levels import ThresholdCounts

_BETA_SQUARED = 0.3  # precision counts more than recall. Source: Achanta et al., CVPR 2009, section 4


def evaluate_f_beta(counts: ThresholdCounts) -> Float64[np.ndarray, " 256"]:
    """Return (1 + b) P R / (b P + R) at each threshold, from 0 to 255, with b = beta^2 = 0.3; in [0, 1].

    It is 0 if nothing is called object or nothing is to be found. The published number, max F, is the maximum of the mean of
    these curves over frames or images, not the mean of their maxima.

    Source: Achanta et al., "Frequency-tuned Salient Region Detection", CVPR 2009, section 4.
    """
    precision = counts.hits / np.maximum(counts.hits + counts.false_alarms, 1)
    recall = counts.hits / max(counts.num_true, 1)
    lower = _BETA_SQUARED * precision + recall
    return (1 + _BETA_SQUARED) * precision * recall / np.where(lower > 0, lower, 1.0)

"""What is said of a sequence of scores: their mean, recall and decay."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

RECALL_LEVEL = 0.5
_NUM_BINS = 4


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """The mean, the share of frames above 0.5, and the loss from first to last quarter, which is negative for a gain."""

    mean: float
    recall: float
    decay: float


def aggregate_scores(scores: Float64[np.ndarray, " m"]) -> Statistics:
    """Return the three statistics of the scores of a sequence's frames, in order. There is at least one score.

    Decay is the mean of the first of four bins minus the mean of the last. The bins share their end frames, as in the
    official evaluation: of m scores the edges are round(1 + b (m - 1) / 4) - 1 for b = 0 ... 4, with both ends included. A
    well-known script holds these edges in 8 bits, which is wrong from 257 frames on. Here they are exact.

    Source: Perazzi et al., CVPR 2016, section 5.
    """
    edges = np.floor(np.linspace(1, len(scores), _NUM_BINS + 1) + 0.5 + 1e-10).astype(np.int64) - 1
    first, last = scores[edges[0] : edges[1] + 1], scores[edges[-2] : edges[-1] + 1]
    return Statistics(
        mean=float(scores.mean()),
        recall=float((scores > RECALL_LEVEL).mean()),
        decay=float(first.mean() - last.mean()),
    )

"""How far to trust each mask, without the truth."""

import numpy as np
from jaxtyping import Bool, Float64

from ike_ray.flow.warp import warp_image
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.records import Flow


def estimate_confidences(
    masks: Bool[np.ndarray, "m h w"],
    graph_masks: Bool[np.ndarray, "m h w"],
    network_masks: Bool[np.ndarray, "m h w"],
    flow: Flow,
) -> Float64[np.ndarray, " m"]:
    """Of each frame, in [0, 1]: agreement times stability.

    Agreement is the IoU of the graph's mask and the mask of the network that learned it: the network sees single frames and
    knows no motion, so what both find is seldom an accident. Stability is the smaller IoU of the answer's `masks` with the
    one carried there from the frame before, and of the next one with this one carried there; 1 for a single frame. Wrong
    masks flicker. 0 where the mask is empty: nothing was found.
    """
    stability = np.ones(len(masks))
    if len(masks) > 1:
        carried = [
            warp_image(mask.astype(np.float32), field) > 0.5 for mask, field in zip(masks[:-1], flow.backward, strict=True)
        ]
        steps = evaluate_jaccard(masks[1:], np.stack(carried))
        stability = np.minimum(np.append(steps, 1), np.append(1, steps))
    return np.where(masks.any(axis=(1, 2)), evaluate_jaccard(graph_masks, network_masks) * stability, 0.0)

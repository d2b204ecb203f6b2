"""How far to trust each mask, without the truth."""

import numpy as np
from jaxtyping import Bool, Float32, Float64

from ike_ray.flow.warp import warp_image
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.records import Flow

# Of the way from the cut to 0 and to 1: how far it is moved to see whether the mask depends on it. From 0.4 to 0.25 and 0.55,
# chosen on 20 clips (docs/quality.md).
_TOWARDS_0, _TOWARDS_1 = 0.375, 0.25


def estimate_confidences(
    answer: Float32[np.ndarray, "m h w"],
    cut: float,
    *,
    graph_masks: Bool[np.ndarray, "m h w"],
    network_masks: Bool[np.ndarray, "m h w"],
    flow: Flow,
) -> Float64[np.ndarray, " m"]:
    """Of each frame, in [0, 1]: agreement times stability times clearness. 0 where the mask is empty: nothing was found.

    Agreement is the IoU of the graph's mask and the mask of the network that learned it: the network sees single frames and
    knows no motion, so what both find is seldom an accident. Stability is the smaller IoU of the mask, which is the `answer`
    above its `cut`, with the one carried there from the frame before, and of the next one with this one carried there; 1 for
    a single frame. Wrong masks flicker. Clearness is the IoU of the answer's masks at a lower and at a higher cut: where a
    second thing moves more slowly, or the background moves a little, some of the frame is neither object nor background.
    """
    masks = answer > cut
    stability = np.ones(len(masks))
    if len(masks) > 1:
        carried = [
            warp_image(mask.astype(np.float32), field) > 0.5 for mask, field in zip(masks[:-1], flow.backward, strict=True)
        ]
        steps = evaluate_jaccard(masks[1:], np.stack(carried))
        stability = np.minimum(np.append(steps, 1), np.append(1, steps))
    clearness = evaluate_jaccard(answer > cut - _TOWARDS_0 * cut, answer > cut + _TOWARDS_1 * (1 - cut))
    agreement = evaluate_jaccard(graph_masks, network_masks)
    return np.where(masks.any(axis=(1, 2)), agreement * stability * clearness, 0.0)

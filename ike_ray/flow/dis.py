"""Flow by DIS, dense inverse search (Kroeger et al., ECCV 2016), from OpenCV. It needs no weights and takes 10 ms a pair."""

from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.records import Flow

# DIS reads patches of 8 x 8 pixels at a quarter of the frame's sides. With a shorter side OpenCV refuses or crashes.
_SHORTEST_SIDE_PX = 32
# The medium preset has 3 and 5. Fewer descent steps save nothing, and no refinement at all moves the flow by twice as much.
_QUICK_STRIDE_PX, _QUICK_REFINEMENTS = 4, 2

Effort = Literal["medium", "quick"]


def estimate_dis(frames: UInt8[np.ndarray, "m h w 3"], effort: Effort = "medium") -> Flow:
    """Return the forward and backward flow of every neighbouring pair, in pixels of the frames' own grid."""
    assert min(frames.shape[1:3]) >= _SHORTEST_SIDE_PX
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    # The estimator is new for each call, because one that is kept across videos keeps buffers of the last size.
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    if effort == "quick":
        estimator.setPatchStride(_QUICK_STRIDE_PX)
        estimator.setVariationalRefinementIterations(_QUICK_REFINEMENTS)
    pairs = list(pairwise(grey))

    def estimate(source: np.ndarray, target: np.ndarray) -> np.ndarray:
        return estimator.calc(source, target, None)  # type: ignore[call-overload]  # None lets OpenCV allocate

    return Flow(
        forward=_stack([estimate(here, there) for here, there in pairs], frames.shape),
        backward=_stack([estimate(there, here) for here, there in pairs], frames.shape),
    )


def _stack(fields: list[np.ndarray], shape: tuple[int, ...]) -> Float32[np.ndarray, "s h w 2"]:
    return np.stack(fields) if fields else np.zeros((0, shape[1], shape[2], 2), dtype=np.float32)

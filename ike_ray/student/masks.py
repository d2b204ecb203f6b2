"""How a student's probabilities become the mask of a frame at the video's own size."""

import cv2
import numpy as np
from jaxtyping import Float32

from ike_ray.config import RefineConfig, StudentMasksConfig
from ike_ray.records import FrameMask
from ike_ray.refine.frames import enlarge_soft_mask
from ike_ray.student.predict import estimate_certainty
from ike_ray.video.clip import WorkingFrame


def build_frame_mask(
    frame: WorkingFrame, probabilities: Float32[np.ndarray, "k h w"], config: StudentMasksConfig
) -> FrameMask:
    """Return the mask, which is where the probability of any object is above `config.threshold`.

    The probability is first snapped to the edges of the frame if the settings say so. With several classes, `objects` has the
    likeliest class at each pixel of the mask.

    The confidence is `estimate_certainty` at the size that the student sees.
    """
    size = (frame.height, frame.width)
    soft_mask = 1 - probabilities[0]
    full_size = enlarge_soft_mask(soft_mask, frame.flow_image, size, RefineConfig(edges=config.edges))
    mask = full_size > config.threshold
    objects = None
    if len(probabilities) > 2:
        enlarged = [cv2.resize(one, size[::-1], interpolation=cv2.INTER_LINEAR) for one in probabilities[1:]]
        objects = ((np.argmax(enlarged, axis=0) + 1) * mask).astype(np.uint8)
    return FrameMask(
        frame_index=frame.index,
        timestamp_s=frame.timestamp_s,
        threshold=config.threshold,
        mask=mask,
        soft_mask=full_size,
        objects=objects,
        confidence=estimate_certainty(soft_mask, config.threshold),
    )

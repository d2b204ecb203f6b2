"""How well flow explains the frames: warp the next frame back and compare."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8


def warp_frame(frame: UInt8[np.ndarray, "h w 3"], field: Float32[np.ndarray, "h w 2"]) -> UInt8[np.ndarray, "h w 3"]:
    """`frame` read at each pixel's position plus its flow, bilinearly; the border pixel beyond the image."""
    rows, columns = np.indices(field.shape[:2], dtype=np.float32)
    return cv2.remap(frame, columns + field[..., 0], rows + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def evaluate_warp(frames: UInt8[np.ndarray, "m h w 3"], forward: Float32[np.ndarray, "s h w 2"]) -> float:
    """Mean absolute difference, in grey levels of 0 to 255, between each frame and the next one warped back onto it."""
    errors = [cv2.absdiff(frames[step], warp_frame(frames[step + 1], field)).mean() for step, field in enumerate(forward)]
    return float(np.mean(errors)) if errors else 0.0

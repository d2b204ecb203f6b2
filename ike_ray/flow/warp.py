"""How well flow explains a clip: neighbouring frames, or their masks, are carried back along it and compared.

A pixel that is hidden in the next frame is mostly seen in the previous one. So every inner frame is compared with both, and
the smaller of the two differences counts. Otherwise the most exact flow would pay for what it cannot see.
"""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from ike_ray.records import Flow


def warp_image(
    image: UInt8[np.ndarray, "h w 3"] | Float32[np.ndarray, "h w"], field: Float32[np.ndarray, "h w 2"]
) -> UInt8[np.ndarray, "h w 3"] | Float32[np.ndarray, "h w"]:
    """Return `image` read at each pixel's position plus its flow, bilinearly, with the border pixel beyond the image."""
    rows, columns = np.indices(field.shape[:2], dtype=np.float32)
    return cv2.remap(image, columns + field[..., 0], rows + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def evaluate_colour_error(frames: UInt8[np.ndarray, "m h w 3"], flow: Flow) -> float:
    """Return the mean difference of colours, in grey levels of 0 to 255, over the inner frames, or 0 if there are none."""

    def compare(here: np.ndarray, carried: np.ndarray) -> Float32[np.ndarray, "h w"]:
        return cv2.absdiff(here, carried).mean(axis=-1, dtype=np.float32)

    differences = _compare_inner(frames, flow, compare)
    return float(np.mean([difference.mean() for difference in differences])) if differences else 0.0


def evaluate_mask_error(masks: Bool[np.ndarray, "m h w"], flow: Flow) -> float:
    """Return the area that carried masks get wrong, over the object's true area: the mean of inner frames with an object."""

    def compare(here: np.ndarray, carried: np.ndarray) -> Float32[np.ndarray, "h w"]:
        return np.abs(here - carried)

    differences = _compare_inner(masks.astype(np.float32), flow, compare)
    shares = [d.sum() / mask.sum() for d, mask in zip(differences, masks[1:-1], strict=True) if mask.any()]
    return float(np.mean(shares)) if shares else 0.0


def _compare_inner(
    images: np.ndarray, flow: Flow, compare: Callable[[np.ndarray, np.ndarray], Float32[np.ndarray, "h w"]]
) -> list[Float32[np.ndarray, "h w"]]:
    return [
        np.minimum(
            compare(images[index], warp_image(images[index + 1], flow.forward[index])),
            compare(images[index], warp_image(images[index - 1], flow.backward[index - 1])),
        )
        for index in range(1, len(images) - 1)
    ]

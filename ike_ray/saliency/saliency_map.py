"""How much each pixel of a picture stands out: the mean of two methods at several numbers of superpixels."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.saliency.background_detection import estimate_by_background
from ike_ray.saliency.manifold_ranking import estimate_by_ranking
from ike_ray.saliency.superpixels import build_superpixels, stretch

# A picture is cut once into each of these numbers of superpixels: large objects need few of them and small ones need many.
# With two numbers, 150 and 300, the IoU of 150 photographs fell by 0.01.
_NUMS_SUPERPIXELS = (120, 220, 380)
# If the smoothed picture varies by less than this in each channel of Lab, then an eye sees one colour. What is left is noise,
# which must not be scaled up. An eye begins to see differences of about two.
_LEAST_CONTRAST = 1.0
_SMOOTHING_SIGMA_PX = 1.0  # SLIC's usual smoothing: outlines of superpixels do not follow the grain


def estimate_saliency(frame: UInt8[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
    """Return how much each pixel stands out. The least salient pixel has 0 and the most salient one has 1.

    The map is the mean of robust background detection and manifold ranking over all numbers of superpixels, stretched to
    [0, 1]. Its steps lie on the outlines of superpixels. If the picture has a single colour, or if its colours differ too
    little to be seen, then the map is 0 everywhere. The same frame always gives the same map.
    """
    lab = cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    smooth = cv2.GaussianBlur(lab, (0, 0), _SMOOTHING_SIGMA_PX)
    total = np.zeros(frame.shape[:2], np.float32)
    if np.ptp(smooth, axis=(0, 1)).max() < _LEAST_CONTRAST:
        return total
    for num_superpixels in _NUMS_SUPERPIXELS:
        superpixels = build_superpixels(lab, smooth, num_superpixels)
        values = estimate_by_background(superpixels) + estimate_by_ranking(superpixels)
        total += values.astype(np.float32)[superpixels.labels]
    return stretch(total)

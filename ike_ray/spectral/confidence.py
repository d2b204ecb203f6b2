"""How far to trust the mask of one image, found without the truth."""

import numpy as np
from jaxtyping import Bool, UInt8

from ike_ray.spectral.object_side import ObjectSide


def estimate_confidence(image: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"], side: ObjectSide | None) -> float:
    """todo"""
    return 0.5

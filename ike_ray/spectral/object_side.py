"""Which part of an image is the object: one side of an eigenvector, or what stands out."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.refine.threshold import find_otsu_thresholds
from ike_ray.saliency.saliency_map import learn_saliency
from ike_ray.spectral.maps import EigenMaps

# A side is as strong as this quantile of its map, since single nodes may lie far out. A side of fewer nodes than are above it
# is a speck.
_STRENGTH_QUANTILE = 0.99


@dataclass(frozen=True, kw_only=True)
class ObjectSide:
    """What is taken for the object."""

    map: Float32[np.ndarray, "h w"]  # positive where the object is, and the larger the surer


def localize_by_eigenvector(eigen: EigenMaps) -> ObjectSide | None:
    """Return the positive side of v_1, or the other one if that holds more than half of the image.

    It is None if no eigenvector says anything. Source: Melas-Kyriazi et al., CVPR 2022, on object localisation.
    """
    if len(eigen.maps) == 0:
        return None
    first = eigen.maps[0]
    return ObjectSide(map=-first if (first > 0).mean() > 0.5 else first)


def localize_by_saliency(image: UInt8[np.ndarray, "h w 3"]) -> tuple[list[ObjectSide], Float32[np.ndarray, "h w"]]:
    """Return what stands out by more than Otsu's threshold, and what stands out most, and the saliency itself.

    The second side is what lies above Otsu's threshold of the values of the first one. There is one side if these values are
    all alike, and none if nothing stands out. Without weights this departs from the paper: the lowest eigenvectors of colours
    divide an image into its largest parts, which are rarely the object.
    """
    saliency = learn_saliency(image)
    thresholds = sorted(set(find_otsu_thresholds(saliency[None]) or ()))
    return [ObjectSide(map=saliency - np.float32(threshold)) for threshold in thresholds], saliency


def measure_strength(values: Float32[np.ndarray, "h w"]) -> float:
    """Return how large a map's values are where it is largest. It is at most 0 if less than 1 % of the map is positive."""
    return float(np.quantile(values, _STRENGTH_QUANTILE))

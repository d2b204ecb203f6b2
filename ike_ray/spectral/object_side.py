"""Which side of which eigenvector is the object."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32

from ike_ray.config import SpectralConfig
from ike_ray.spectral.maps import EigenMaps

# Of the image: a smaller side counts as if it were this large, so that a speck off the border is not the best of all.
_LEAST_AREA_FRACTION = 0.02


@dataclass(frozen=True, kw_only=True)
class ObjectSide:
    """The side of an eigenvector that is taken for the object."""

    vector: int  # its number, from 1
    map: Float32[np.ndarray, "h w"]  # the eigenvector, turned so that the object is where it is positive


def choose_rule(config: SpectralConfig) -> Literal["first", "least_border"]:
    """The rule that `config` means: without a vit v_1 divides sky from ground more often than object from background."""
    match config.eigenvectors.choice:
        case "auto":
            return "first" if config.features.source == "vit" else "least_border"
        case rule:
            return rule


def localize_side(eigen: EigenMaps, rule: Literal["first", "least_border"]) -> ObjectSide | None:
    """The side that `rule` takes for the object; None where no eigenvector says anything.

    first: the positive side of v_1, or the other where that holds more than half of the image. Source: Melas-Kyriazi et al.,
    CVPR 2022, on object localisation. least_border: of both sides of all vectors the one with the smallest share of the
    image's border for its area, since the frame rarely cuts the object off; a departure of ours.
    """
    if len(eigen.maps) == 0:
        return None
    match rule:
        case "first":
            first = eigen.maps[0]
            return ObjectSide(vector=1, map=-first if (first > 0).mean() > 0.5 else first)
        case "least_border":
            sides = [
                ObjectSide(vector=number, map=sign * vector)
                for number, vector in enumerate(eigen.maps, start=1)
                for sign in (np.float32(1), np.float32(-1))
            ]
            return min(sides, key=lambda side: _measure_border(side.map > 0))


def list_border(values: np.ndarray) -> np.ndarray:
    """The values along the border of a map, each once."""
    is_border = np.ones(values.shape, bool)
    is_border[1:-1, 1:-1] = False
    return values[is_border]


def _measure_border(side: Bool[np.ndarray, "h w"]) -> float:
    """Share of the border that the side holds, over its share of the image."""
    return float(list_border(side).mean() / max(side.mean(), _LEAST_AREA_FRACTION))

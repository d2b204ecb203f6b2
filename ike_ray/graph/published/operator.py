"""The space-time graph as an operator: it multiplies by M = I + W + W^T and never forms it."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float32
from torch import Tensor

from ike_ray.config import PublishedGraphConfig


@dataclass(frozen=True, kw_only=True)
class SpaceTimeGraph(ABC):
    """The links of a video. Each node is linked with the four pixels around each position of its chain."""

    height: int
    width: int

    @abstractmethod
    def propagate(
        self, soft_masks: Float32[Tensor, "m h w"], *, out: Float32[Tensor, "m h w"] | None = None
    ) -> Float32[Tensor, "m h w"]:
        """Return M s with M = I + W + W^T. If `out` is given, the result is written there; it may not be `soft_masks`.

        W s gathers, for each node, the four pixels around each position of its chain, weighted by the temporal Gaussian. W^T
        s adds each node's value to those pixels. M is symmetric: <a, M b> = <M a, b>.

        Source: IKE, section on the graph.
        """


def weigh_gap(gap_frames: int, config: PublishedGraphConfig) -> float:
    """Return g(k) = exp(-k^2 / (2 sigma^2)), the weight of a link over k frames. Source: IKE, section on the graph."""
    return math.exp(-(gap_frames**2) / (2 * config.sigma_frames**2))

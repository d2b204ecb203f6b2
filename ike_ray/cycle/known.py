"""What is known of a window beside its frames and the flow between neighbours."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from torch import nn

from ike_ray.records import FarFlow, SecondCue
from ike_ray.refine.feature_model import PatchFeatures


@dataclass(frozen=True, kw_only=True)
class CarriedOver:
    """What a window leaves to the next one of its shot."""

    network: nn.Module | None  # None if no graph of the shot has found anything to learn yet
    soft_masks: Float32[np.ndarray, "o h w"]  # its answer in the frames that both share, which are the first ones of the next


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the cycles of a window can use."""

    carried: CarriedOver | None = None  # None if the window begins a shot
    far_flows: tuple[FarFlow, ...] = ()  # the motion between frames that lie further apart
    second_cue: SecondCue | None = None  # None if motion alone tells the object
    features: PatchFeatures | None = None  # None if no vision transformer has seen the frames
    # It waits for what `estimate_saliencies` returns, which a thread makes. None if nobody has begun to make it.
    wait_for_saliency: Callable[[], Float32[np.ndarray, "s h w"]] | None = None


NOTHING_KNOWN = Known()

"""Scaling to [0, 1] that is defined for constant maps."""

import torch
from jaxtyping import Float32
from torch import Tensor


def scale_to_range(values: Float32[Tensor, "..."]) -> Float32[Tensor, "..."]:
    """(x - min) / (max - min) over all values; 0 everywhere where they are all the same."""
    return _divide(values - values.min(), values.max() - values.min())


def scale_frames_to_range(values: Float32[Tensor, "m n"]) -> Float32[Tensor, "m n"]:
    """`scale_to_range` of each frame by itself."""
    lowest, highest = values.amin(dim=1, keepdim=True), values.amax(dim=1, keepdim=True)
    return _divide(values - lowest, highest - lowest)


def scale_frames_to_maximum(values: Float32[Tensor, "m n"]) -> Float32[Tensor, "m n"]:
    """Each frame of non-negative values divided by its maximum; 0 where that is 0."""
    return _divide(values, values.amax(dim=1, keepdim=True))


def _divide(values: Tensor, span: Tensor) -> Tensor:
    return values / torch.where(span > 0, span, torch.inf)

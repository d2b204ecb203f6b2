"""Scaling to [0, 1], which is defined for constant maps too."""

import torch
from jaxtyping import Float32
from torch import Tensor


def scale_to_range(values: Float32[Tensor, "..."]) -> Float32[Tensor, "..."]:
    """Return (x - min) / (max - min) over all values. It is 0 everywhere if they are all the same."""
    return (values - values.min()).div_(_choose_divisor(values.max() - values.min()))


def scale_frames_to_range(
    values: Float32[Tensor, "m n"], *, out: Float32[Tensor, "m n"] | None = None
) -> Float32[Tensor, "m n"]:
    """Return `scale_to_range` of each frame by itself. If `out` is given, the result is written there; it may be `values`."""
    lowest, highest = values.amin(dim=1, keepdim=True), values.amax(dim=1, keepdim=True)
    return torch.sub(values, lowest, out=out).div_(_choose_divisor(highest - lowest))


def _choose_divisor(span: Tensor) -> Tensor:
    return torch.where(span > 0, span, torch.inf)

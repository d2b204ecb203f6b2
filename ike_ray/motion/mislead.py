"""Samples as they would be if the camera's fit had failed: it follows an object that fills the frame, or goes astray."""

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from ike_ray.motion.maps import CHAIN_SPEED, LARGEST_SHARE, LEAST_TOP_PX, SOFT_PX, TOP_QUANTILE

# The share of samples whose fit fails, and the share of all whose fit follows the object, if the object covers a share of the
# frame within the range. The fit of the other failed samples goes astray.
_FAILING, _FOLLOWING = 0.35, 0.2
_FOLLOWED_SHARES = (0.06, 0.8)
_ERRORS_PX = (0.2, 3.0)  # the error of a fit that goes astray, in pixels of a frame of 160 rows
_TERMS = (0.6, 1.0, 1.0, 0.5)  # the spread of its constant, its two slopes and its product, as shares of the error
# For each kind of vectors, to the next frame, from the one before, and along chains: the first of their two maps, and the map
# that holds their size as a share.
_VECTORS = ((0, 8), (2, 9), (12, 15))


def mislead_maps(
    maps: Float32[Tensor, "b 16 h w"], truth: Float32[Tensor, "b h w"], generator: np.random.Generator
) -> Float32[Tensor, "b 16 h w"]:
    """Return the maps with, in a third of the samples, the residual vectors that a failed fit of the camera leaves.

    A network that has seen no such maps believes the fit. It takes the background for what moves wherever an object that the
    camera follows fills the frame. The flow itself (maps 4 and 5) stays as it is, and tells the two apart.
    """
    misled = maps.clone()
    rows, columns = (torch.linspace(-1, 1, side) for side in maps.shape[2:])
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    basis = torch.stack([torch.ones_like(x), x, y, x * y])
    for sample, own in zip(misled, truth, strict=True):
        chance, area = generator.random(), float((own > 0.5).float().mean())
        if chance < _FOLLOWING and _FOLLOWED_SHARES[0] < area < _FOLLOWED_SHARES[1]:
            is_object = own > 0.5
            errors = [-_read_vectors(sample, first)[:, is_object].mean(dim=1)[:, None, None] for first, _ in _VECTORS]
        elif chance < _FAILING:
            size = float(np.exp(generator.uniform(*np.log(_ERRORS_PX))))
            terms = torch.from_numpy(generator.standard_normal((2, 4)) * np.array(_TERMS) * size).float()
            errors = [torch.einsum("ck,khw->chw", terms, basis)] * len(_VECTORS)
        else:
            continue
        _add_errors(sample, errors)
    return misled


def _add_errors(sample: Float32[Tensor, "16 h w"], errors: list[Tensor]) -> None:
    """Add an error to each kind of vectors of a sample, in place, and measure their sizes again.

    The mean of the sizes along chains is not known any more. The larger of two other sizes stands for it: that of the mean
    vector, and the mean of the sizes of the two steps.
    """
    sizes = []
    for (first, share), error in zip(_VECTORS, errors, strict=True):
        vectors = _read_vectors(sample, first) + error
        sample[first : first + 2] = torch.asinh(vectors / SOFT_PX)
        size = vectors.norm(dim=0)
        top = size.flatten().kthvalue(max(1, int(TOP_QUANTILE * size.numel()))).values.clamp_min(LEAST_TOP_PX)
        sample[share] = (size / top).clamp_max(LARGEST_SHARE)
        sizes.append(size)
    sample[CHAIN_SPEED] = torch.asinh(torch.maximum(sizes[2], 0.5 * (sizes[0] + sizes[1])) / SOFT_PX)


def _read_vectors(sample: Float32[Tensor, "16 h w"], first: int) -> Float32[Tensor, "2 h w"]:
    """Return vectors of a sample in pixels."""
    return torch.sinh(sample[first : first + 2]) * SOFT_PX

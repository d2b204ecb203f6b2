"""Which colours are the object's and which the background's, by two smoothed histograms that all frames of a clip share."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor
from torch.nn import functional

# The cells along each axis of Lab, over the colours that the clip has: fine enough for shades, coarse enough to be filled.
_NUM_CELLS = 24
_TAIL = 0.002  # this share of the pixels may lie beyond the first or last cell
_LEAST_SPAN = 24.0  # the cells cover at least this many levels of 255, so that noise of a grey clip does not count as colour
_SAMPLE_STRIDE = 17  # the span is taken from one of this many pixels
_GRAIN_SIGMA_PX = 0.7
_SMOOTHING_CELLS = 1.0
_UNSEEN = 0.3  # a colour that neither side has counts as seen this often on both, as a share of the mean cell


@dataclass(frozen=True, kw_only=True)
class ColourCells:
    """The cell of each pixel's colour. Cells are numbered along L, then a, then b."""

    indices: Int64[Tensor, "m h w"]


def build_colour_cells(frames: UInt8[np.ndarray, "m h w 3"], device: torch.device) -> ColourCells:
    """Return the cell of each pixel in a grid over the colours of the clip, in Lab, on `device`."""
    lab = np.stack([cv2.cvtColor(cv2.GaussianBlur(frame, (0, 0), _GRAIN_SIGMA_PX), cv2.COLOR_RGB2LAB) for frame in frames])
    sample = lab.reshape(-1, 3)[::_SAMPLE_STRIDE]
    lowest, highest = np.quantile(sample, [_TAIL, 1 - _TAIL], axis=0).astype(np.float32)
    highest = np.maximum(highest, lowest + _LEAST_SPAN)
    cells = np.rint((lab - lowest) / (highest - lowest) * (_NUM_CELLS - 1)).clip(0, _NUM_CELLS - 1).astype(np.int64)
    indices = (cells[..., 0] * _NUM_CELLS + cells[..., 1]) * _NUM_CELLS + cells[..., 2]
    return ColourCells(indices=torch.from_numpy(indices).to(device))


def estimate_colour_costs(
    cells: ColourCells, object_weights: Float32[Tensor, "m h w"], background_weights: Float32[Tensor, "m h w"]
) -> Float32[Tensor, "m h w"]:
    """Return log(p(colour | background) / p(colour | object)) of each pixel. It is negative where the colour is the object's.

    Each density is a histogram of the clip's colours, weighted by how far each pixel belongs to that side, smoothed over
    neighbouring cells and normalised. If one side is empty, colours say nothing and the answer is zero.
    """
    if not (object_weights.sum() > 0 and background_weights.sum() > 0):
        return torch.zeros_like(object_weights)
    densities = [_build_density(cells.indices, weights) for weights in (background_weights, object_weights)]
    unseen = _UNSEEN / _NUM_CELLS**3
    logs = [torch.log(density + unseen) for density in densities]
    return (logs[0] - logs[1])[cells.indices]


def _build_density(indices: Int64[Tensor, "m h w"], weights: Float32[Tensor, "m h w"]) -> Float32[Tensor, " k"]:
    counts = torch.bincount(indices.flatten(), weights.flatten().double(), _NUM_CELLS**3).float()
    grid = (counts / counts.sum()).reshape(1, 1, _NUM_CELLS, _NUM_CELLS, _NUM_CELLS)
    reach = int(np.ceil(3 * _SMOOTHING_CELLS))
    offsets = torch.arange(-reach, reach + 1, device=grid.device)
    kernel = torch.exp(-offsets.square() / (2 * _SMOOTHING_CELLS**2))
    kernel = kernel / kernel.sum()
    for axis in range(3):
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = len(kernel)
        padding = [0] * 6
        padding[2 * (2 - axis)] = padding[2 * (2 - axis) + 1] = reach
        grid = functional.conv3d(functional.pad(grid, padding, mode="replicate"), kernel.reshape(shape))
    return grid.flatten() / grid.sum()

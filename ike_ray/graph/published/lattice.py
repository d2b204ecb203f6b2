"""The half-pixel lattice, which turns the four links of a chain position into one.

A position (x, y) is linked with the four pixels (floor or ceil of x, floor or ceil of y). Which four these are depends only
on (floor x + ceil x, floor y + ceil y). An odd sum lies between two pixels. An even sum lies on one, which then counts twice.
There is one lattice cell for each such pair of sums, from -1 (half outside on the low side) to 2 * side - 1 (half outside on
the high side). That makes (2h + 1) x (2w + 1) cells, and one last cell for positions without any pixel inside the image.

`spread` puts the sum of its four pixels on every cell. `collect` is the transpose: it gives every pixel the sum of the cells
that it belongs to. So one gather and one scatter serve the four links, exactly.
"""

import torch
from einops import rearrange
from jaxtyping import Float32, Int32
from torch import Tensor
from torch.nn import functional


def num_cells(height: int, width: int) -> int:
    """Return the number of cells of one frame's lattice, with the one for outside."""
    return (2 * height + 1) * (2 * width + 1) + 1


def build_cells(position_px: Float32[Tensor, "*p 2"], height: int, width: int) -> Int32[Tensor, "*p"]:
    """Return the lattice cell of each real (x, y)."""
    column, row = (position_px.floor() + position_px.ceil()).unbind(-1)
    is_inside = (column >= -1) & (column <= 2 * width - 1) & (row >= -1) & (row <= 2 * height - 1)
    cell = (row.int() + 1) * (2 * width + 1) + column.int() + 1
    return torch.where(is_inside, cell, num_cells(height, width) - 1)


def spread(values: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m cells"]:
    """Return on each cell the sum of its four pixels, where those outside the image count 0. The last cell is 0."""
    lattice = _spread_axis(_spread_axis(values).mT).mT
    return functional.pad(rearrange(lattice, "m rows columns -> m (rows columns)"), (0, 1))


def collect(cells: Float32[Tensor, "m cells"], height: int, width: int) -> Float32[Tensor, "m h w"]:
    """Return the sum of each pixel's cells, twice those of which it is floor and ceil. This is the transpose of `spread`."""
    lattice = rearrange(cells[:, :-1], "m (rows columns) -> m rows columns", rows=2 * height + 1, columns=2 * width + 1)
    return _collect_axis(_collect_axis(lattice).mT).mT


def _spread_axis(values: Tensor) -> Tensor:
    """Return (..., 2 side + 1) for (..., side): x0, 2 x0, x0 + x1, 2 x1, ..."""
    padded = functional.pad(values, (1, 1))
    out = values.new_empty((*values.shape[:-1], 2 * values.shape[-1] + 1))
    out[..., 0::2] = padded[..., :-1] + padded[..., 1:]
    out[..., 1::2] = 2 * values
    return out


def _collect_axis(cells: Tensor) -> Tensor:
    return 2 * cells[..., 1::2] + cells[..., :-1:2] + cells[..., 2::2]

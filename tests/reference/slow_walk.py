"""Averaging along chains, node by node, as the docstring of `ChainWalk.average` has it."""

import math

import numpy as np


def average_slowly(
    maps: np.ndarray, forward: np.ndarray, backward: np.ndarray, reach_frames: int, sigma_frames: float
) -> np.ndarray:
    """`maps` (m, h, w); `forward`, `backward` (s, h, w, 3): flow and reliability. Float64."""
    num_frames, height, width = maps.shape
    averages = np.zeros(maps.shape)
    for pivot, y, x in np.ndindex(num_frames, height, width):
        total, weights = float(maps[pivot, y, x]), 1.0
        for direction, steps, offset in ((1, forward, 0), (-1, backward, -1)):
            position, trust = np.array([x, y], dtype=float), 1.0
            for gap in range(1, reach_frames + 1):
                frame = pivot + direction * gap
                if not 0 <= frame < num_frames:
                    break
                step = _read(steps[frame - direction + offset], position)
                position = position + step[:2]
                is_inside = (position >= 0).all() and (position <= [width - 1, height - 1]).all()
                trust *= step[2] * is_inside
                weight = math.exp(-(gap**2) / (2 * sigma_frames**2)) * trust
                total += weight * _read(maps[frame][..., None], position)[0]
                weights += weight
        averages[pivot, y, x] = total / weights
    return averages


def _read(field: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Bilinear, the border pixel beyond the image."""
    x, y = np.clip(position, 0, [field.shape[1] - 1, field.shape[0] - 1])
    left, top = int(x), int(y)
    right, bottom = min(left + 1, field.shape[1] - 1), min(top + 1, field.shape[0] - 1)
    upper = field[top, left] * (left + 1 - x) + field[top, right] * (x - left)
    lower = field[bottom, left] * (left + 1 - x) + field[bottom, right] * (x - left)
    return upper * (top + 1 - y) + lower * (y - top)

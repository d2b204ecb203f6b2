"""Averaging along chains with matrices, as the docstring of `ChainWalk.average` says."""

import math

import numpy as np


def average_slowly(maps: np.ndarray, forward: np.ndarray, backward: np.ndarray, decay_frames: float) -> np.ndarray:
    """`maps` (m, h, w); `forward`, `backward` (s, h, w, 3): flow and reliability. Float64."""
    values = maps.reshape(len(maps), -1).astype(float)
    later = [_build_step(steps, decay_frames) for steps in forward]
    earlier = [_build_step(steps, decay_frames) for steps in backward]
    averages = np.zeros(values.shape)
    for pivot in range(len(values)):
        links = {pivot: np.eye(values.shape[1])}
        for frame in range(pivot + 1, len(values)):
            links[frame] = links[frame - 1] @ later[frame - 1]
        for frame in range(pivot - 1, -1, -1):
            links[frame] = links[frame + 1] @ earlier[frame]
        total = sum(matrix @ values[frame] for frame, matrix in links.items())
        averages[pivot] = total / sum(matrix.sum(axis=1) for matrix in links.values())
    return averages.reshape(maps.shape)


def _build_step(steps: np.ndarray, decay_frames: float) -> np.ndarray:
    """Return the links from each pixel (row) to the four around the position to which its flow leads (columns)."""
    height, width = steps.shape[:2]
    matrix = np.zeros((height * width, height, width))
    for row, column in np.ndindex(height, width):
        x, y = column + float(steps[row, column, 0]), row + float(steps[row, column, 1])
        if 0 <= x <= width - 1 and 0 <= y <= height - 1:
            weight = math.exp(-1 / decay_frames) * steps[row, column, 2]
            for near_row, near_column in {(math.floor(y), math.floor(x)), (math.floor(y), math.ceil(x))} | {
                (math.ceil(y), math.floor(x)),
                (math.ceil(y), math.ceil(x)),
            }:
                share = (1 - abs(near_row - y)) * (1 - abs(near_column - x))
                matrix[row * width + column, near_row, near_column] = weight * share
    return matrix.reshape(height * width, height * width)

"""The chains of all pixels of some pivot frames, compiled, a row of chains at a time: see `ike_ray.graph.published.chains`.

Each step of a row takes three loops. The first and the last are compiled into vector instructions. The loop between them
reads places in no order.

Numba compiles this module at the first call. It knows neither the types in signatures nor their checks.
"""

import os
from pathlib import Path
from typing import no_type_check

import numba
import numpy as np

# Compiling takes ten seconds, so the result is kept beside the source if that place can be written.
IS_KEPT = os.access(Path(__file__).parent, os.W_OK)
compile_loops = numba.njit(nogil=True, cache=IS_KEPT, error_model="numpy", fastmath={"contract"})


@compile_loops
@no_type_check
def find_motion_ranges(forward, backward, reach_frames, pivots, ranges):
    """Widen `ranges` (4, lowest and highest) to the motion features of the frames `pivots` (first, end).

    The four are dx past, dx future, dy past and dy future: see `features.build_motion_features`. `forward` and `backward` are
    (s, h, w, 2) float32.
    """
    height, width = forward.shape[1:3]
    values, scratch = np.empty((4, reach_frames, width), np.float32), np.empty((4, width), np.float32)
    nearest = np.empty(width, np.int32)
    lowest, highest = np.empty((4, width), np.float32), np.empty((4, width), np.float32)  # of each column
    for block in range(4):
        lowest[block], highest[block] = ranges[block, 0], ranges[block, 1]
    for pivot in range(pivots[0], pivots[1]):
        for row in range(height):
            _list_motion(forward, backward, pivot, row, scratch, nearest, values)
            for block in range(4):
                for step in range(reach_frames):
                    _widen(values[block, step], lowest[block], highest[block])
    for block in range(4):
        ranges[block, 0], ranges[block, 1] = lowest[block].min(), highest[block].max()


@compile_loops
@no_type_check
def _widen(values, lowest, highest):
    for column in range(len(values)):
        value = values[column]
        lowest[column] = value if value < lowest[column] else lowest[column]
        highest[column] = value if value > highest[column] else highest[column]


@compile_loops
@no_type_check
def fill_motion(forward, backward, reach_frames, pivots, ranges, steps_to_one, features):
    """Set the first 4 * reach `features` (m, d, n) uint16 of `pivots` (first, end) to the scaled motion features.

    They are scaled from `ranges`, see `find_motion_ranges`, to 0 ... steps_to_one. A block without a range becomes 0.
    """
    height, width = forward.shape[1:3]
    values, scratch = np.empty((4, reach_frames, width), np.float32), np.empty((4, width), np.float32)
    nearest = np.empty(width, np.int32)
    for pivot in range(pivots[0], pivots[1]):
        for row in range(height):
            own = slice(row * width, (row + 1) * width)
            _list_motion(forward, backward, pivot, row, scratch, nearest, values)
            for block in range(4):
                lowest, span = ranges[block, 0], ranges[block, 1] - ranges[block, 0]
                factor = np.float32(steps_to_one) / span if span > 0 else np.float32(0)
                for step in range(reach_frames):
                    target = features[pivot, block * reach_frames + step, own]
                    for column in range(width):
                        target[column] = np.uint16(np.int32(np.rint((values[block, step, column] - lowest) * factor)))


@compile_loops
@no_type_check
def _list_motion(forward, backward, pivot, row, scratch, nearest, values):
    """Fill in `values` (4, reach, w), the steps of a row of chains."""
    num_frames, reach_frames = len(forward) + 1, values.shape[1]
    x, y, dx, dy = scratch[0], scratch[1], scratch[2], scratch[3]  # unpacking would hide that these are contiguous
    for direction in (1, -1):
        dx[:], dy[:] = 0, 0  # the step to the pivot itself
        for column in range(len(x)):
            x[column], y[column] = column, row
        num_gaps = min(reach_frames, num_frames - 1 - pivot if direction == 1 else pivot)
        for gap in range(1, reach_frames + 1):
            if gap <= num_gaps:  # beyond the video the last step is that of the first or last frame
                field = forward[pivot + gap - 1] if direction == 1 else backward[pivot - gap]
                step_row(field, x, y, nearest, dx, dy)
            block, step = (1, gap - 1) if direction == 1 else (0, reach_frames - gap)
            values[block, step], values[2 + block, step] = dx, dy


@compile_loops
@no_type_check
def step_row(field, x, y, nearest, dx, dy):
    """Take one step of a row of chains, (dx, dy): the flow at the position, rounded (a half to even) and clamped into the
    image.

    The step is added to the position, which is a real number and may leave the image.
    """
    height, width = field.shape[:2]
    last_x, last_y, zero = np.float32(width - 1), np.float32(height - 1), np.float32(0)
    for column in range(len(x)):
        near_x, near_y = np.rint(x[column]), np.rint(y[column])
        near_x = last_x if near_x > last_x else (near_x if near_x > zero else zero)
        near_y = last_y if near_y > last_y else (near_y if near_y > zero else zero)
        nearest[column] = np.int32(near_y) * np.int32(width) + np.int32(near_x)
    steps = field.reshape(height * width, 2)
    for column in range(np.uint64(len(x))):
        at = np.uint64(np.uint32(nearest[column]))  # unsigned, so that no index is checked for being negative
        dx[column], dy[column] = steps[at, np.uint64(0)], steps[at, np.uint64(1)]
    for column in range(len(x)):
        x[column] += dx[column]
        y[column] += dy[column]

"""The loops over the links of the space-time graph, compiled: one way along each chain, row by row of each pivot frame.

Rows come first and pivot frames second: the chains of neighbouring frames pass the same places, so that what they read stays
in the cache. Frame by frame the same loops take twice as long.

Numba compiles what is here at the first call; it knows neither the types in signatures nor their checks.
"""

from typing import no_type_check

import numba
import numpy as np

# Chains that are outside the image, or not between pixels, are given these boxes in turn: if all were given the same one,
# each addition would wait for the one before.
SPARE_BOXES = 16
_FARTHEST = 16000  # half pixels from the image's corner, as far as two bytes hold the way there and back
_compile = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})


@_compile
@no_type_check
def list_steps(forward, backward, reach_frames, pivots, starts, steps):
    """Fills in the steps of the chains of `pivots` (first, end): for each row, forward and then backward, gap by gap, those
    in x of the whole row, then those in y.

    forward, backward: (s, h, w, 2) float32. A step is the change of floor + ceil of the chain's real position, which starts
    at its pixel and adds the flow read at the position rounded and clamped into the image.

    Source: IKE, section on chains.
    """
    num_frames, height, width = forward.shape[0] + 1, forward.shape[1], forward.shape[2]
    x, y = np.empty(width, np.float32), np.empty(width, np.float32)
    sum_x, sum_y = np.empty(width, np.int32), np.empty(width, np.int32)
    for pivot in range(pivots[0], pivots[1]):
        at = starts[pivot]
        for row in range(height):
            for direction in (1, -1):
                for column in range(width):
                    x[column], y[column] = column, row
                    sum_x[column], sum_y[column] = 2 * column, 2 * row
                num_gaps = min(reach_frames, num_frames - 1 - pivot if direction == 1 else pivot)
                for gap in range(1, num_gaps + 1):
                    field = forward[pivot + gap - 1] if direction == 1 else backward[pivot - gap]
                    for column in range(width):
                        near = field[_find_nearest(y[column], height), _find_nearest(x[column], width)]
                        x[column] += near[0]
                        y[column] += near[1]
                        new_x, new_y = _add_floor_and_ceil(x[column]), _add_floor_and_ceil(y[column])
                        steps[at + column] = new_x - sum_x[column]
                        steps[at + width + column] = new_y - sum_y[column]
                        sum_x[column], sum_y[column] = new_x, new_y
                    at += 2 * width


@_compile
@no_type_check
def fill_boxes(nodes, width, pairs):
    """Sets `pairs` (m, boxes, 2) for `exchange_along_chains`: the sums of `nodes` (m, n) over the four pixels of a box, those
    outside the image counting 0, and 0."""
    height = nodes.shape[1] // width
    for frame in range(len(nodes)):
        pairs[frame] = 0
        for row in range(height + 1):
            for column in range(width + 1):
                total = np.float32(0)
                for near_row in range(max(row - 1, 0), min(row + 1, height)):
                    for near_column in range(max(column - 1, 0), min(column + 1, width)):
                        total += nodes[frame, near_row * width + near_column]
                pairs[frame, row * (width + 1) + column, 0] = total


@_compile
@no_type_check
def collect_boxes(nodes, pairs, received, width, frames, total):
    """Fills in `total` (m, n) of `frames` (first, end): `nodes`, and what the pixels and their four boxes were sent.

    pairs: (threads, m, boxes, 2); received: (threads, m, n).
    """
    height = nodes.shape[1] // width
    for frame in range(frames[0], frames[1]):
        for row in range(height):
            for column in range(width):
                node, box = row * width + column, row * (width + 1) + column
                value = nodes[frame, node]
                for thread in range(len(pairs)):
                    sent = pairs[thread, frame]
                    upper = sent[box, 1] + sent[box + 1, 1]
                    lower = sent[box + width + 1, 1] + sent[box + width + 2, 1]
                    value += received[thread, frame, node] + upper + lower
                total[frame, node] = value


@_compile
@no_type_check
def exchange_along_chains(nodes, steps, starts, weights, width, rows, pairs, received):
    """W s and W^T s of the chains that start in `rows` (first, end) of all frames, added to `pairs` and `received`.

    nodes: (m, n) float32, s. pairs: (m, boxes, 2) float32: the sum of s over each box and, to be added to, what it is sent;
    box b of row r lies between pixels b - 1 and b of rows r - 1 and r. received: (m, n) float32, what pixels are sent.
    """
    num_frames, height, reach_frames = nodes.shape[0], nodes.shape[1] // width, len(weights) - 1
    x, y, boxes = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    gathered = np.empty(width, np.float32)
    for row in range(rows[0], rows[1]):
        own = slice(row * width, (row + 1) * width)
        for pivot in range(num_frames):
            values = nodes[pivot, own]
            gathered[:] = 0
            later, earlier = min(reach_frames, num_frames - 1 - pivot), min(reach_frames, pivot)
            at = starts[pivot] + 2 * row * width * (later + earlier)
            for direction, num_gaps in ((1, later), (-1, earlier)):
                for column in range(width):
                    x[column], y[column] = 2 * column + 1, 2 * row + 1
                for gap in range(1, num_gaps + 1):
                    frame = pivot + direction * gap
                    step_x, step_y = steps[at : at + width], steps[at + width : at + 2 * width]
                    num_others = _locate(step_x, step_y, x, y, height, boxes)
                    _exchange_boxes(boxes, pairs[frame], values, weights[gap], gathered)
                    if num_others > 0:
                        _exchange_pixels(x, y, nodes[frame], received[frame], values, weights[gap], gathered)
                    at += 2 * width
            received[pivot, own] += gathered


@_compile
@no_type_check
def _find_nearest(position, side):
    """The nearest pixel, the even one of two, as torch rounds."""
    return int(min(max(np.rint(position), 0), side - 1))


@_compile
@no_type_check
def _add_floor_and_ceil(position):
    inside = min(max(position, -_FARTHEST / 2), _FARTHEST / 2)
    return np.int32(np.floor(inside)) + np.int32(np.ceil(inside))


@_compile
@no_type_check
def _locate(step_x, step_y, x, y, height, boxes):
    """One step on: x and y (1 + floor + ceil), the boxes there, and the number of chains inside that are not between pixels.

    In 32 bits and without branches, so that it is compiled into vector instructions.
    """
    width = np.int32(len(x))
    last_x, last_y, num_boxes = np.int32(2 * width), np.int32(2 * height), np.int32((width + 1) * (height + 1))
    one, zero, spare = np.int32(1), np.int32(0), np.int32(SPARE_BOXES - 1)
    num_others = zero
    for column in range(np.uint64(len(x))):
        new_x, new_y = x[column] + np.int32(step_x[column]), y[column] + np.int32(step_y[column])
        x[column], y[column] = new_x, new_y
        is_inside = (new_x >= zero) & (new_y >= zero) & (new_x <= last_x) & (new_y <= last_y)
        is_between = ((new_x | new_y) & one) == zero
        box = (new_y >> one) * (width + one) + (new_x >> one)
        boxes[column] = box if is_inside & is_between else num_boxes + (np.int32(column) & spare)
        num_others += one if is_inside & (not is_between) else zero
    return num_others


@_compile
@no_type_check
def _exchange_boxes(boxes, pairs, values, weight, gathered):
    for column in range(np.uint64(len(boxes))):
        box = np.uint64(np.uint32(boxes[column]))  # unsigned, or each index is checked for being negative
        gathered[column] += weight * pairs[box, np.uint64(0)]
        pairs[box, np.uint64(1)] += weight * values[column]


@_compile
@no_type_check
def _exchange_pixels(x, y, nodes, received, values, weight, gathered):
    """The same pixel by pixel, where a chain stands on a row or a column of them, which then counts twice."""
    width = len(x)
    height = len(nodes) // width
    for column in range(width):
        if (x[column] | y[column]) & 1 == 0:
            continue
        for near_y in ((y[column] - 1) >> 1, y[column] >> 1):
            for near_x in ((x[column] - 1) >> 1, x[column] >> 1):
                if 0 <= near_y < height and 0 <= near_x < width:
                    gathered[column] += weight * nodes[near_y * width + near_x]
                    received[near_y * width + near_x] += weight * values[column]

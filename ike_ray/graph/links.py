"""The loops over the links of the space-time graph, compiled: one way along each chain, row by row of each pivot frame.

Rows come first and pivot frames second: the chains of neighbouring frames pass the same places, so that what they read stays
in the cache. Frame by frame the same loops take twice as long.

Numba compiles what is here at the first call; it knows neither the types in signatures nor their checks.
"""

from typing import no_type_check

import numpy as np

from ike_ray.graph.compiled_chains import compile_loops

# Chains that are outside the image, or not between pixels, are given these boxes in turn: if all were given the same one,
# each addition would wait for the one before.
SPARE_BOXES = 16


@compile_loops
@no_type_check
def fill_boxes(nodes, width, frames, boxes):
    """Sets `boxes` (m, boxes) of `frames` (first, end): the sums of `nodes` (m, n) over the four pixels of a box, those
    outside the image counting 0.

    Box b of row r lies between pixels b - 1 and b of rows r - 1 and r.
    """
    height = nodes.shape[1] // width
    columns = np.zeros(width + 2, np.float32)  # sums of two pixels, one above the other, and 0 on both sides
    for frame in range(frames[0], frames[1]):
        for row in range(height + 1):
            columns[1:-1] = 0
            for near_row in range(max(row - 1, 0), min(row + 1, height)):
                columns[1:-1] += nodes[frame, near_row * width : (near_row + 1) * width]
            for column in range(width + 1):
                boxes[frame, row * (width + 1) + column] = columns[column] + columns[column + 1]


@compile_loops
@no_type_check
def collect_boxes(nodes, sent, received, width, frames, total):
    """Fills in `total` (m, n) of `frames` (first, end): `nodes`, and what the pixels and their four boxes were sent.

    sent: (threads, m, boxes); received: (threads, m, n).
    """
    height = nodes.shape[1] // width
    columns = np.empty(width + 1, np.float32)  # what two boxes were sent, one above the other
    for frame in range(frames[0], frames[1]):
        for row in range(height):
            own, box = slice(row * width, (row + 1) * width), row * (width + 1)
            columns[:] = 0
            values = total[frame, own]
            values[:] = nodes[frame, own]
            for thread in range(len(sent)):
                columns += sent[thread, frame, box : box + width + 1]
                columns += sent[thread, frame, box + width + 1 : box + 2 * (width + 1)]
                values += received[thread, frame, own]
            values += columns[:-1]
            values += columns[1:]


@compile_loops
@no_type_check
def exchange_along_chains(nodes, boxes, steps, starts, weights, width, rows, sent, received):
    """W s and W^T s of the chains that start in `rows` (first, end) of all frames, added to `sent` and `received`.

    nodes: (m, n) float32, s. boxes: (m, boxes) float32, of s, see `fill_boxes`. sent: (m, boxes) float32, what each box is
    sent. received: (m, n) float32, what each pixel is sent.
    """
    num_frames, height, reach_frames = nodes.shape[0], nodes.shape[1] // width, len(weights) - 1
    x, y = np.empty(width, np.int16), np.empty(width, np.int16)
    passed, next_passed = np.empty(width, np.int32), np.empty(width, np.int32)
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
                    is_second = gap % 2 == 0  # gaps go in twos, which saves a third of the reads and writes of `gathered`
                    own_passed = next_passed if is_second else passed
                    num_others = _locate(steps[at : at + 2 * width], x, y, height, own_passed)
                    if num_others > 0:
                        _exchange_pixels(x, y, nodes[frame], received[frame], values, weights[gap], gathered)
                    if is_second:
                        pair = boxes[frame - direction], boxes[frame], sent[frame - direction], sent[frame]
                        _exchange_two(passed, next_passed, pair, values, weights[gap - 1 : gap + 1], gathered)
                    elif gap == num_gaps:
                        _exchange_boxes(passed, boxes[frame], sent[frame], values, weights[gap], gathered)
                    at += 2 * width
            received[pivot, own] += gathered


@compile_loops
@no_type_check
def _locate(step, x, y, height, passed):
    """One step on: x and y (1 + floor + ceil), the boxes there, and the number of chains inside that are not between pixels.

    In 16 bits and without branches, so that it is compiled into vector instructions for many chains at once.
    """
    width = len(x)
    row_boxes, num_boxes = np.int32(width + 1), np.int32((width + 1) * (height + 1))
    last_x, last_y, one, zero = np.int16(2 * width), np.int16(2 * height), np.int16(1), np.int16(0)
    spare, num_others = np.int32(SPARE_BOXES - 1), np.int32(0)
    for column in range(np.uint64(width)):
        new_x, new_y = np.int16(x[column] + step[column]), np.int16(y[column] + step[width + column])
        x[column], y[column] = new_x, new_y
        is_inside = (new_x >= zero) & (new_y >= zero) & (new_x <= last_x) & (new_y <= last_y)
        is_between = ((new_x | new_y) & one) == zero
        box = np.int32(new_y >> one) * row_boxes + np.int32(new_x >> one)
        passed[column] = box if is_inside & is_between else num_boxes + (np.int32(column) & spare)
        num_others += np.int32(1) if is_inside & (not is_between) else np.int32(0)
    return num_others


@compile_loops
@no_type_check
def _exchange_boxes(passed, boxes, sent, values, weight, gathered):
    for column in range(np.uint64(len(passed))):
        box = np.uint64(np.uint32(passed[column]))  # unsigned, or each index is checked for being negative
        gathered[column] += weight * boxes[box]
        sent[box] += weight * values[column]


@compile_loops
@no_type_check
def _exchange_two(passed, next_passed, pair, values, weights, gathered):
    """`_exchange_boxes` with two frames."""
    boxes, next_boxes, sent, next_sent = pair
    weight, next_weight = weights[0], weights[1]
    for column in range(np.uint64(len(passed))):
        box, next_box = np.uint64(np.uint32(passed[column])), np.uint64(np.uint32(next_passed[column]))
        value = values[column]
        gathered[column] += weight * boxes[box] + next_weight * next_boxes[next_box]
        sent[box] += weight * value
        next_sent[next_box] += next_weight * value


@compile_loops
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

"""The compiled loops over the links of the space-time graph. They go along each chain once, gathering and scattering.

Numba compiles this module at the first call. It knows neither the types in signatures nor their checks.
"""

from typing import no_type_check

import numpy as np

from ike_ray.graph.published.compiled_chains import compile_loops
from ike_ray.graph.published.compiled_lanes import (
    NUM_LANES,
    add_lanes,
    first_lane,
    keep_lanes,
    load_lanes,
    multiply_lanes,
    repeat_lane,
    store_lanes,
)

_BOX, _LANES_AT, _SPAN_AT = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(48)  # the parts of a bundle


@compile_loops
@no_type_check
def fill_boxes(nodes, width, frames, boxes):
    """Set the boxes of `frames` (first, end) to the sums of `nodes` (m, n) over their four pixels; pixels outside count 0.

    `boxes` is float32. It has 16 more numbers on either side, for lanes that belong to no bundle. Box b of row r lies between
    pixels b - 1 and b of rows r - 1 and r.
    """
    height = nodes.shape[1] // width
    columns = np.zeros(width + 2, np.float32)  # the sums of two pixels, one above the other, with 0 on both sides
    for frame in range(frames[0], frames[1]):
        for row in range(height + 1):
            columns[1:-1] = 0
            for near_row in range(max(row - 1, 0), min(row + 1, height)):
                columns[1:-1] += nodes[frame, near_row * width : (near_row + 1) * width]
            first = NUM_LANES + (frame * (height + 1) + row) * (width + 1)
            sums = boxes[first : first + width + 1]
            for column in range(width + 1):
                sums[column] = columns[column] + columns[column + 1]


@compile_loops
@no_type_check
def exchange_bundles(nodes, boxes, bundles, counts, weights, width, rows, sent, gathered):
    """Set `gathered` to W s of the chains that start in `rows` (first, end) of all frames, and add their W^T s to `sent`.

    `nodes`, (m n) float32, is s. `boxes` has the sums of s, and `sent` what each box is sent: see `fill_boxes`. `bundles` and
    `counts` are those of these rows: see `compiled_bundles.tie_bundles`. `weights`, float32, has the weight of a link by the
    frames that it spans. `gathered` is (m n) float32.

    Rows come first and frames second. The chains of neighbouring frames pass the same places, so what they read stays in the
    cache. The same loops take longer frame by frame, and also sixteen columns by sixteen.
    """
    num_frames, num_nodes = nodes.shape
    flat_nodes, flat_gathered = nodes.reshape(-1), gathered.reshape(-1)
    part = np.zeros(NUM_LANES, np.float32)  # the last columns of a row if fewer than sixteen are left
    group, at = 0, np.uint64(0)
    for row in range(rows[0], rows[1]):
        for pivot in range(num_frames):
            for column in range(0, width, NUM_LANES):
                own, num = pivot * num_nodes + row * width + column, min(NUM_LANES, width - column)
                if num < NUM_LANES:
                    part[:num] = flat_nodes[own : own + num]
                values = load_lanes(flat_nodes, own) if num == NUM_LANES else load_lanes(part, 0)
                sums = repeat_lane(np.float32(0))
                end = at + np.uint64(counts[group])
                while at < end:
                    bundle = bundles[at]
                    box, mask = np.int64(bundle & _BOX), np.uint16(bundle >> _LANES_AT)
                    weight = repeat_lane(weights[bundle >> _SPAN_AT])
                    sums = add_lanes(sums, multiply_lanes(weight, keep_lanes(mask, load_lanes(boxes, box))))
                    store_lanes(sent, box, add_lanes(load_lanes(sent, box), keep_lanes(mask, multiply_lanes(weight, values))))
                    at += np.uint64(1)
                if num == NUM_LANES:
                    store_lanes(flat_gathered, own, sums)
                else:
                    store_lanes(part, 0, sums)
                    flat_gathered[own : own + num] = part[:num]
                group += 1


@compile_loops
@no_type_check
def collect_boxes(nodes, sent, width, frames, total):
    """Complete `total` (m, n) of `frames` (first, end), which holds W s, by `nodes` and what a pixel's four boxes were sent.

    `sent`, (threads, boxes), is described at `fill_boxes`. It is set back to 0 for the next product while it is cached.
    """
    height = nodes.shape[1] // width
    columns = np.empty(width + 1, np.float32)  # what two boxes were sent, one above the other
    for frame in range(frames[0], frames[1]):
        first = NUM_LANES + frame * (height + 1) * (width + 1)
        for row in range(height):
            own, box = slice(row * width, (row + 1) * width), first + row * (width + 1)
            columns[:] = 0
            for thread in range(len(sent)):
                columns += sent[thread, box : box + width + 1]
                columns += sent[thread, box + width + 1 : box + 2 * (width + 1)]
            values = total[frame, own]
            values += nodes[frame, own]
            values += columns[:-1]
            values += columns[1:]
        for thread in range(len(sent)):
            sent[thread, first : first + (height + 1) * (width + 1)] = 0


@compile_loops
@no_type_check
def exchange_pixels(nodes, bundles, sources, weights, width, frames, total):
    """Add to `total` (m, n) of `frames` (first, end) what the links of chains that are not between pixels bring, pixel by
    pixel.

    On a row or a column of pixels each pixel counts twice. `bundles` and `sources` are described at
    `compiled_bundles.tie_bundles`.
    """
    num_nodes = nodes.shape[1]
    height = num_nodes // width
    row_cells, frame_cells = 2 * width + 1, (2 * width + 1) * (2 * height + 1)
    first_node, end_node = frames[0] * num_nodes, frames[1] * num_nodes
    flat_nodes, flat_total = nodes.reshape(-1), total.reshape(-1)
    for at in range(len(bundles)):
        bundle, source = bundles[at], np.int64(sources[at])
        mask, weight = np.uint16(bundle >> _LANES_AT), weights[bundle >> _SPAN_AT]
        first = first_lane(mask)
        cell = np.int64(bundle & _BOX) - 2 * NUM_LANES + 2 * first
        target = cell // frame_cells * num_nodes
        is_ours, is_theirs = first_node <= source < end_node, first_node <= target < end_node
        if not is_ours and not is_theirs:
            continue
        y, first_x = cell % frame_cells // row_cells, cell % row_cells
        for lane in range(first, NUM_LANES):
            if mask >> lane & 1 == 0:
                continue
            node, x = source + lane, first_x + 2 * (lane - first)
            for near_y in ((y - 1) >> 1, y >> 1):
                for near_x in ((x - 1) >> 1, x >> 1):
                    if 0 <= near_y < height and 0 <= near_x < width:
                        near = target + near_y * width + near_x
                        if is_ours:
                            flat_total[node] += weight * flat_nodes[near]
                        if is_theirs:
                            flat_total[near] += weight * flat_nodes[node]

"""Links tied into bundles: one number stands for up to sixteen neighbouring chains that pass neighbouring boxes.

The sums floor + ceil of both coordinates of a chain's position tell its four pixels (`ike_ray.graph.published.lattice`). Both
sums are odd nearly always, and then the four pixels are a box between pixels. Flow is smooth, so most of sixteen neighbouring
chains pass boxes that are neighbours in the same order. A bundle holds the box of the first chain and which of the sixteen
belong to it. Chains that stand on a row or a column of pixels are tied in the same way, by cells of the half-pixel lattice.

Numba compiles this module at the first call. It knows neither the types in signatures nor their checks.
"""

from typing import no_type_check

import numpy as np

from ike_ray.graph.published.compiled_chains import compile_loops, step_row
from ike_ray.graph.published.compiled_lanes import NUM_LANES, find_lanes, first_lane

_NOWHERE = np.int32(-(2**31))  # the place of a chain that is outside the image or of the other kind
_FARTHEST_PX = np.float32(1e6)  # a position farther from the image counts as here, so that it fits into an integer


@compile_loops
@no_type_check
def tie_bundles(forward, backward, reach_frames, rows, bundles, counts, pixel_bundles, pixel_sources):
    """Fill in the bundles of the chains that start in `rows` (first, end), and return the number of each kind.

    The order is row by row, frame by frame, sixteen pixels by sixteen. `forward` and `backward` are (s, h, w, 2) float32.
    `bundles` is uint64: the lower 32 bits are the first lane's box, numbered through all frames, 16 bits tell which lanes
    belong to it, and the rest is the number of frames spanned. `counts` is uint16 and has the number of bundles of each
    sixteen pixels. `pixel_bundles` is the same for chains that are not between pixels, with cells of the half-pixel lattice.
    For each of these `pixel_sources`, int32, has the node of lane 0.

    Source: IKE, sections on chains and on the graph.
    """
    num_frames, (height, width) = len(forward) + 1, forward.shape[1:3]
    lanes_width = (width + NUM_LANES - 1) // NUM_LANES * NUM_LANES
    boxes = np.full((2 * reach_frames, lanes_width), _NOWHERE, np.int32)
    cells = np.full((2 * reach_frames, lanes_width), _NOWHERE, np.int32)
    scratch, nearest = np.empty((4, width), np.float32), np.empty(width, np.int32)
    left = np.empty(2 * reach_frames, np.uint16)
    end, pixel_end, group = 0, 0, 0
    for row in range(rows[0], rows[1]):
        for pivot in range(num_frames):
            later, earlier = min(reach_frames, num_frames - 1 - pivot), min(reach_frames, pivot)
            num_others = _locate_row(forward, backward, (pivot, row), (later, earlier), scratch, nearest, boxes, cells)
            for column in range(0, width, NUM_LANES):
                begin = end
                end = _tie(boxes[: later + earlier], later, column, left, bundles, end)
                counts[group] = end - begin
                group += 1
                if num_others > 0:
                    begin = pixel_end
                    pixel_end = _tie(cells[: later + earlier], later, column, left, pixel_bundles, pixel_end)
                    pixel_sources[begin:pixel_end] = (pivot * height + row) * width + column
    return end, pixel_end


@compile_loops
@no_type_check
def _locate_row(forward, backward, start, num_gaps, scratch, nearest, boxes, cells):
    """Find where the chains of a row, `start` (pivot, row), stand after each gap.

    Each place is the box, or else the cell, of the first of sixteen chains if the others stood beside it. Return how many
    chains are inside the image and not between pixels.
    """
    width = len(nearest)
    (pivot, row), (later, earlier) = start, num_gaps
    x, y, dx, dy = scratch[0], scratch[1], scratch[2], scratch[3]  # unpacking would hide that these are contiguous
    num_others = np.int32(0)
    for direction, first, num_steps in ((1, 0, later), (-1, later, earlier)):
        for column in range(width):
            x[column], y[column] = column, row
        for step in range(num_steps):
            frame = pivot + direction * (step + 1)
            step_row(forward[frame - 1] if direction == 1 else backward[frame], x, y, nearest, dx, dy)
            num_others += _locate(x, y, frame, forward.shape[1], boxes[first + step], cells[first + step])
    return num_others


@compile_loops
@no_type_check
def _locate(x, y, frame, height, boxes, cells):
    """Find the boxes and cells of a row of positions, without branches, so that vector instructions do it."""
    width, farthest = len(x), _FARTHEST_PX
    row_boxes, row_cells = np.int32(width + 1), np.int32(2 * width + 1)
    last_x, last_y, one, zero = np.int32(2 * width), np.int32(2 * height), np.int32(1), np.int32(0)
    first_box = np.int32(frame * (height + 1) * (width + 1) + NUM_LANES)
    first_cell = np.int32(frame * (2 * height + 1) * (2 * width + 1) + 2 * NUM_LANES)
    num_others, lanes = np.int32(0), np.int32(NUM_LANES - 1)
    for column in range(np.uint64(width)):
        near_x = farthest if x[column] > farthest else (x[column] if x[column] > -farthest else -farthest)
        near_y = farthest if y[column] > farthest else (y[column] if y[column] > -farthest else -farthest)
        sum_x = np.int32(np.floor(near_x)) + np.int32(np.ceil(near_x)) + one
        sum_y = np.int32(np.floor(near_y)) + np.int32(np.ceil(near_y)) + one
        is_inside = (sum_x >= zero) & (sum_y >= zero) & (sum_x <= last_x) & (sum_y <= last_y)
        is_between = ((sum_x | sum_y) & one) == zero
        lane = np.int32(column) & lanes
        box = first_box + (sum_y >> one) * row_boxes + (sum_x >> one) - lane
        cell = first_cell + sum_y * row_cells + sum_x - lane - lane
        boxes[column] = box if is_inside & is_between else _NOWHERE
        cells[column] = cell if is_inside & (not is_between) else _NOWHERE
        num_others += one if is_inside & (not is_between) else zero
    return num_others


@compile_loops
@no_type_check
def _tie(places, later, column, left, bundles, end):
    """Add the bundles of sixteen chains to `bundles` from `end` on, and return their new end.

    The first bundle of each gap comes first, then a second of each gap that needs it, and so on. Neighbouring bundles then go
    to different frames, so that none waits for what the one before has written.
    """
    for gap in range(len(places)):
        left[gap] = ~find_lanes(places[gap], column, _NOWHERE)
    is_finished = False
    while not is_finished:
        is_finished = True
        for gap in range(len(places)):
            if left[gap] != 0:
                place = places[gap, column + first_lane(left[gap])]
                mask = find_lanes(places[gap], column, place)
                span = gap + 1 if gap < later else gap - later + 1
                bundles[end] = (
                    np.uint64(np.uint32(place)) | np.uint64(mask) << np.uint64(32) | np.uint64(span) << np.uint64(48)
                )
                end += 1
                left[gap] &= ~mask
                is_finished = False
    return end

"""The mask, split into objects that keep their numbers: connected components that are followed along the flow."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from ike_ray.config import ObjectsConfig
from ike_ray.records import Flow

# As many objects are looked for as at least this share of the frames shows apart from each other. The frame with the most
# components of all is often the one in which the mask is broken.
_SHARE_OF_FRAMES = 0.2
# If an object's number is carried over a smaller share of a component, this is taken for an error of the flow.
_LEAST_CARRIED_FRACTION = 0.05
_REACH_PX = 2.0  # numbers grow this far where the mask at the video's own size is larger than at the working size


def follow_objects(masks: Bool[np.ndarray, "m h w"], flow: Flow, config: ObjectsConfig) -> UInt8[np.ndarray, "m h w"]:
    """Return the number of the object at every pixel of a window, from 1, with the largest object first; 0 is no object.

    In the frame that shows the objects apart best, each component of the mask is an object. From there the numbers are
    carried to later and earlier frames along the flow. A component of the next frame is divided among the objects that were
    carried into it, and each pixel goes to the nearest. So objects that touch stay apart once they were seen apart. A
    component that nothing was carried into is a new object. A component has no number if it is smaller than
    `config.min_area_fraction`, or if its object is not among the `config.max_objects` with the largest area over the window.
    """
    components = [_find_components(mask, config) for mask in masks]
    numbers = np.zeros(masks.shape, np.int32)
    start = _choose_start(components)
    numbers[start] = components[start]
    num_objects = int(numbers.max())
    for here, there, field in _list_steps(start, flow):
        carried = _carry(numbers[here], field)
        numbers[there], num_objects = _divide(carried, masks[there], components[there], num_objects)
    return _keep_largest(numbers, config.max_objects)


def match_objects(
    numbers: UInt8[np.ndarray, "m h w"], known: UInt8[np.ndarray, "o h w"], num_known: int
) -> UInt8[np.ndarray, "m h w"]:
    """Return the objects of a window with the numbers that the last window gave them, by overlap in the shared first frames.

    The pair with the largest overlap comes first, and each number is given once. An object that was not known gets a number
    above `num_known`. Numbers end at 255, and further objects have none.
    """
    shared = numbers[: len(known)]
    overlaps = np.zeros((256, 256), np.int64)
    np.add.at(overlaps, (shared.ravel(), known.ravel()), 1)
    overlaps[0], overlaps[:, 0] = 0, 0
    renamed = np.zeros(256, np.uint8)
    while overlaps.any():
        new, old = np.unravel_index(overlaps.argmax(), overlaps.shape)
        renamed[new] = old
        overlaps[new], overlaps[:, old] = 0, 0
    for new in np.setdiff1d(np.unique(numbers), [0, *np.flatnonzero(renamed)]):
        num_known += 1
        renamed[new] = num_known if num_known <= 255 else 0
    return renamed[numbers]


def resize_numbers(numbers: UInt8[np.ndarray, "h w"], mask: Bool[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
    """Return the numbers at the size of `mask`, which they fill: each of its pixels has the nearest number within reach.

    They are resized to the nearest pixel, with half-pixel centres. The reach is two pixels of `numbers`. Pixels of the mask
    that lie farther away have no number.
    """
    height, width = mask.shape
    large = cv2.resize(numbers, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    reach_px = _REACH_PX * max(height / numbers.shape[0], width / numbers.shape[1])
    return np.where(mask, _fill_nearest(large.astype(np.int32), reach_px), 0).astype(np.uint8)


def _find_components(mask: Bool[np.ndarray, "h w"], config: ObjectsConfig) -> Int32[np.ndarray, "h w"]:
    """Return the components of a frame's mask that are large enough, numbered from 1, and 0 elsewhere."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = statistics[:, cv2.CC_STAT_AREA]
    is_large = areas >= max(1, config.min_area_fraction * mask.sum())
    is_large[0] = False  # the background
    return np.where(is_large, np.cumsum(is_large), 0).astype(np.int32)[labels]


def _choose_start(components: list[Int32[np.ndarray, "h w"]]) -> int:
    """Return the frame in which the smallest component is largest, among those with the wanted number of components."""
    counts = np.array([labels.max() for labels in components])
    wanted = np.sort(counts)[::-1][int(_SHARE_OF_FRAMES * len(counts))]
    smallest = [
        np.bincount(labels.ravel())[1:].min() if count == wanted and wanted else -1
        for labels, count in zip(components, counts, strict=True)
    ]
    return int(np.argmax(smallest))


def _list_steps(start: int, flow: Flow) -> list[tuple[int, int, Float32[np.ndarray, "h w 2"]]]:
    """Return (from, to, flow on the grid of `to` that leads back to `from`), away from `start` both ways."""
    later = [(t, t + 1, flow.backward[t]) for t in range(start, len(flow.backward))]
    earlier = [(t, t - 1, flow.forward[t - 1]) for t in range(start, 0, -1)]
    return later + earlier


def _carry(numbers: Int32[np.ndarray, "h w"], field: Float32[np.ndarray, "h w 2"]) -> Int32[np.ndarray, "h w"]:
    """Return the number at each pixel's position plus its flow, read at the nearest pixel, and 0 beyond the image."""
    rows, columns = np.indices(numbers.shape, dtype=np.float32)
    return cv2.remap(numbers.astype(np.float32), columns + field[..., 0], rows + field[..., 1], cv2.INTER_NEAREST).astype(
        np.int32
    )


def _divide(
    carried: Int32[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"], components: Int32[np.ndarray, "h w"], num_objects: int
) -> tuple[Int32[np.ndarray, "h w"], int]:
    """Return the components, divided among the objects that were carried into them, and how many objects there are then."""
    numbers = np.zeros_like(carried)
    for component in range(1, int(components.max()) + 1):
        pixels = components == component
        counts = np.bincount(carried[pixels])
        counts[0] = 0
        found = np.flatnonzero(counts >= max(1, _LEAST_CARRIED_FRACTION * pixels.sum()))
        if len(found) == 0:
            num_objects += 1
            numbers[pixels] = num_objects
        elif len(found) == 1:
            numbers[pixels] = found[0]
        else:
            numbers[pixels] = _fill_nearest(np.where(pixels & np.isin(carried, found), carried, 0))[pixels]
    return numbers, num_objects


def _fill_nearest(numbers: Int32[np.ndarray, "h w"], reach_px: float = np.inf) -> Int32[np.ndarray, "h w"]:
    """Return at every pixel the number of the nearest pixel that has one, and 0 if none is within reach."""
    if not numbers.any():
        return numbers
    distances, nearest = cv2.distanceTransformWithLabels(
        (numbers == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE, labelType=cv2.DIST_LABEL_PIXEL
    )
    by_label = np.zeros(nearest.max() + 1, np.int32)
    known = numbers > 0
    by_label[nearest[known]] = numbers[known]
    return np.where(distances <= reach_px, by_label[nearest], 0)


def _keep_largest(numbers: Int32[np.ndarray, "m h w"], max_objects: int) -> UInt8[np.ndarray, "m h w"]:
    areas = np.bincount(numbers.ravel())
    areas[0] = 0
    order = np.argsort(-areas, kind="stable")[: min(max_objects, np.count_nonzero(areas))]
    renamed = np.zeros(len(areas), np.uint8)
    renamed[order] = np.arange(1, len(order) + 1)
    return renamed[numbers]

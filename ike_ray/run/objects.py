"""The objects of a frame row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from ike_ray.masks.rle import read_rle

Row = Mapping[str, Any]  # a row of `frames/*.parquet`: see `FRAME_SCHEMA`


def list_objects(row: Row) -> list[Row]:
    """Return number, mask, box and area_fraction of each object in the frame. A mask that is one object has number 1.

    The list is empty for an empty mask.
    """
    if row["objects"] is not None:
        return list(row["objects"])
    if row["box"] is None:
        return []
    return [{"number": 1, "mask": row["mask"], "box": row["box"], "area_fraction": row["area_fraction"]}]


def read_object_masks(row: Row) -> dict[int, Bool[np.ndarray, "H W"]]:
    """Return the objects' masks by their numbers."""
    return {entry["number"]: read_rle(entry["mask"]) for entry in list_objects(row)}


def has_numbers(rows: Sequence[Row]) -> bool:
    """Return whether a video's objects are numbered. They are not if its mask is one object, which may have a label."""
    return any(row["objects"] is not None and not _is_labelled_mask(row) for row in rows)


def _is_labelled_mask(row: Row) -> bool:
    entries = row["objects"]
    return len(entries) == 1 and entries[0]["number"] == 1 and entries[0]["label"] and entries[0]["mask"] == row["mask"]


def build_numbers(row: Row, renamed: Mapping[int, int]) -> UInt8[np.ndarray, "H W"]:
    """Return the object's number at each pixel as `renamed` has it. It is 0 for none, and for one that `renamed` lacks."""
    numbers = np.zeros(tuple(row["mask"]["size"]), np.uint8)
    for entry in list_objects(row):
        if entry["number"] in renamed:
            numbers[read_rle(entry["mask"])] = renamed[entry["number"]]
    return numbers


def list_new_numbers(rows: Sequence[Row], max_objects: int) -> dict[int, int]:
    """Return new numbers for the objects of a video, from 1 without gaps, in the order of the old ones.

    Only the objects with the largest area over the video get a number, at most `max_objects` of them.
    """
    areas: Counter[int] = Counter()
    for row in rows:
        for entry in list_objects(row):
            areas[entry["number"]] += entry["area_fraction"]
    kept = sorted(number for number, _ in areas.most_common(max_objects))
    return {number: position for position, number in enumerate(kept, start=1)}


def count_pixels(entry: Row) -> int:
    """Return the number of pixels of a mask that a row or one of its objects describes."""
    height, width = entry["mask"]["size"]
    return round(entry["area_fraction"] * height * width)

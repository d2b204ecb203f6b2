"""The objects of a frame row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from ike_ray.masks.rle import read_rle

Row = Mapping[str, Any]  # of `frames/*.parquet`: see `FRAME_SCHEMA`


def list_objects(row: Row) -> list[Row]:
    """Number, mask, box and area_fraction of each object that is in the frame; the whole mask as number 1 where it is one.

    Empty for an empty mask.
    """
    if row["objects"] is not None:
        return list(row["objects"])
    if row["box"] is None:
        return []
    return [{"number": 1, "mask": row["mask"], "box": row["box"], "area_fraction": row["area_fraction"]}]


def read_object_masks(row: Row) -> dict[int, Bool[np.ndarray, "H W"]]:
    """The objects' masks by their numbers."""
    return {entry["number"]: read_rle(entry["mask"]) for entry in list_objects(row)}


def has_numbers(rows: Sequence[Row]) -> bool:
    """Whether the objects of a video are numbered; not where its mask is one object, which may have a label as number 1."""
    return any(row["objects"] is not None and not _is_labelled_mask(row) for row in rows)


def _is_labelled_mask(row: Row) -> bool:
    entries = row["objects"]
    return len(entries) == 1 and entries[0]["number"] == 1 and entries[0]["label"] and entries[0]["mask"] == row["mask"]


def build_numbers(row: Row, renamed: Mapping[int, int]) -> UInt8[np.ndarray, "H W"]:
    """The number of the object at each pixel as `renamed` has it, 0 where there is none, or one that `renamed` leaves out."""
    numbers = np.zeros(tuple(row["mask"]["size"]), np.uint8)
    for entry in list_objects(row):
        if entry["number"] in renamed:
            numbers[read_rle(entry["mask"])] = renamed[entry["number"]]
    return numbers


def list_new_numbers(rows: Sequence[Row], max_objects: int) -> dict[int, int]:
    """New numbers for the objects of a video, from 1 without gaps, in the order of the old ones.

    The objects with the largest area over the video have one, at most `max_objects` of them.
    """
    areas: Counter[int] = Counter()
    for row in rows:
        for entry in list_objects(row):
            areas[entry["number"]] += entry["area_fraction"]
    kept = sorted(number for number, _ in areas.most_common(max_objects))
    return {number: position for position, number in enumerate(kept, start=1)}


def count_pixels(entry: Row) -> int:
    """Pixels of a mask that a row or one of its objects describes."""
    height, width = entry["mask"]["size"]
    return round(entry["area_fraction"] * height * width)

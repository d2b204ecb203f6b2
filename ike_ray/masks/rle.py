"""Masks as COCO run-length codes, the form in which Parquet rows hold them."""

from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
from jaxtyping import Bool
from pycocotools import mask as coco_mask


class Rle(TypedDict):
    """A compressed COCO run-length code, as `pycocotools.mask.decode` and most labelling tools take it."""

    size: list[int]  # height, width
    counts: str


def build_rle(mask: Bool[np.ndarray, "H W"]) -> Rle:
    """Return the run-length code of a mask."""
    code = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return Rle(size=[int(side) for side in code["size"]], counts=code["counts"].decode("ascii"))


def read_rle(rle: Mapping[str, Any]) -> Bool[np.ndarray, "H W"]:
    """Return the mask of a run-length code, such as the `mask` column of a row of `frames/*.parquet`:

    ```python
    rows = pandas.read_parquet("RUN/frames")
    mask = read_rle(rows.loc[0, "mask"])
    ```
    """
    height, width = (int(side) for side in rle["size"])
    return coco_mask.decode({"size": [height, width], "counts": rle["counts"]}).astype(bool)


def list_runs(mask: Bool[np.ndarray, "H W"]) -> list[int]:
    """Return the lengths of the runs of equal pixels, row after row.

    The first run is of pixels outside the mask, and is 0 if the mask begins at once. COCO counts column after column: the
    runs of `mask.T` are the `counts` of an uncompressed code.
    """
    pixels = mask.ravel()
    ends = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    lengths = np.diff([0, *ends.tolist(), pixels.size])
    return [0, *lengths.tolist()] if pixels[0] else lengths.tolist()

"""The smallest box around a mask."""

import numpy as np
from jaxtyping import Bool


def build_box(mask: Bool[np.ndarray, "H W"]) -> tuple[int, int, int, int] | None:
    """Return (x0, y0, x1, y1), half-open, in pixels, or None for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

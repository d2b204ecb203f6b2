"""What a region looks like, without any weights: its colours, the directions of its edges, its size and shape."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from ike_ray.semantics.crop import Crop

# How much each part counts: the squares of the parts' lengths, which sum to 1. benchmarks/semantics.py measured them.
SHARES = {"colours": 0.6, "edges": 0.2, "shape": 0.2}
_SIDE_PX = 64  # finer detail differs between any two things
_LAB_BINS = (5, 12, 12)  # for lightness, a and b of CIELAB
_LAB_RANGES = ((0.0, 100.0), (-60.0, 60.0), (-60.0, 60.0))  # the few colours beyond count as the outermost
_NUM_CELLS, _NUM_DIRECTIONS = 4, 8  # cells each way, and directions over half a turn
_LEAST_AREA = 1e-4  # regions with a smaller share of the frame count as alike in size


def describe_appearance(crop: Crop) -> Float32[np.ndarray, " d"]:
    """Return a descriptor of unit length: the parts side by side, each with a length of its own.

    The colours are a histogram of the region's colours in CIELAB, 5 x 12 x 12. The edges are histograms, in 4 x 4 cells of
    the crop, of the directions of the gradients inside the region, weighed by their strength (Dalal and Triggs, CVPR 2005,
    without overlapping blocks). The shape is that of `measure_shape`. The roots of histograms are taken, so that distances
    compare distributions (Arandjelovic and Zisserman, CVPR 2012). A region without edges has none of that part, and the other
    parts count more.
    """
    image = cv2.resize(crop.image, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    shares = cv2.resize(crop.mask.astype(np.float32), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    mask = shares >= min(0.5, float(shares.max()))
    parts = {
        "colours": np.sqrt(count_colours(image[mask])),
        "edges": np.sqrt(sum_edges(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), mask)),
        "shape": measure_shape(crop),
    }
    joined = np.concatenate([np.sqrt(SHARES[name]) * _scale(part) for name, part in parts.items()])
    return _scale(joined).astype(np.float32)


def count_colours(pixels: np.ndarray) -> Float64[np.ndarray, " bins"]:
    """Return how many pixels, RGB as `uint8` (n, 3), lie in each bin of CIELAB."""
    lab = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    low, high = np.array(_LAB_RANGES).T
    return np.histogramdd(np.clip(lab, low, high), bins=_LAB_BINS, range=_LAB_RANGES)[0].ravel()


def sum_edges(grey: np.ndarray, mask: Bool[np.ndarray, "s s"]) -> Float64[np.ndarray, " bins"]:
    """Return the strength of the gradients of a grey picture `uint8` (s, s) inside the mask, summed by cell and direction."""
    dx, dy = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    strength, angle = cv2.cartToPolar(dx, dy)
    direction = np.floor(angle % np.pi / np.pi * _NUM_DIRECTIONS).astype(np.int64) % _NUM_DIRECTIONS
    cells = np.arange(grey.shape[0]) * _NUM_CELLS // grey.shape[0]
    bins = (cells[:, None] * _NUM_CELLS + cells) * _NUM_DIRECTIONS + direction
    sums = np.zeros(_NUM_CELLS**2 * _NUM_DIRECTIONS)
    np.add.at(sums, bins[mask], strength[mask])
    return sums


def measure_shape(crop: Crop) -> Float64[np.ndarray, "4"]:
    """Return four numbers: the logarithm to base 2 of width over height, that to base 10 of the share of the frame, the
    solidity and the extent.

    Solidity is the share of its convex hull that the region fills, and extent that of its box. Both go from -1 to 1.
    """
    x0, y0, x1, y1 = crop.shape_box
    outlines, _ = cv2.findContours(crop.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull_px = cv2.contourArea(cv2.convexHull(np.concatenate(outlines)))
    solidity = min(1.0, crop.mask.sum() / max(hull_px, 1.0))  # hulls go through the middles of pixels
    extent = crop.area_fraction * crop.height * crop.width / ((x1 - x0) * (y1 - y0))
    area = np.log10(max(crop.area_fraction, _LEAST_AREA))
    return np.array([np.log2((x1 - x0) / (y1 - y0)), area, 2 * solidity - 1, 2 * extent - 1])


def _scale(values: Float64[np.ndarray, " d"]) -> Float64[np.ndarray, " d"]:
    """Return the values at unit length. Zeros stay zeros."""
    length = float(np.linalg.norm(values))
    return values / length if length > 0 else values

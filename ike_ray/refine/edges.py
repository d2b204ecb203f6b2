"""Snap soft masks to the edges of a larger frame, by the guided filter."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

# Half the side of the filter's window, as a share of the height. Smaller windows mend less, and larger ones lose thin parts.
_RADIUS_FRACTION = 0.03
# A window has no edge if the variance of its colours in [0, 1] is below this: a standard deviation of 0.8 levels of 255.
_EPSILON = 1e-5
# The filter's sums and systems are taken on about this many pixels, and its answer is applied at full size. Four times the
# pixels take three times as long and move J by 0.001.
_SOLVED_AREA_PX = 102_400


def snap_to_edges(soft_mask: Float32[np.ndarray, "h w"], frame: UInt8[np.ndarray, "fh fw 3"]) -> Float32[np.ndarray, "fh fw"]:
    """Return the soft mask at the size of `frame`, as a linear function of colour explains it best in each neighbourhood.

    The answer is q = a . I + b, in [0, 1]. Here a and b are means over the windows that hold the pixel of those that minimise
    sum((a . I + b - p)^2 + eps |a|^2), p is the soft mask and I are colours in [0, 1]. Windows are squares of 2 r + 1 pixels,
    where r is 0.03 of the height.

    Source: He, Sun, Tang, "Guided Image Filtering", TPAMI 2013, equations 14 to 16. a and b are found at a smaller size, as
    in He, Sun, "Fast Guided Filter", arXiv 1505.00996.
    """
    height, width = frame.shape[:2]
    scale = min(1.0, (_SOLVED_AREA_PX / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    colours = cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    values = cv2.resize(soft_mask, size, interpolation=cv2.INTER_LINEAR)
    radius_px = max(1, round(_RADIUS_FRACTION * size[1]))
    slopes, offsets = _solve_windows(colours, values, radius_px, _EPSILON)
    slopes, offsets = (cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR) for field in (slopes, offsets))
    snapped = np.einsum("hwc,hwc->hw", slopes, frame.astype(np.float32) / 255) + offsets
    return snapped.clip(0, 1)


def _solve_windows(
    colours: Float32[np.ndarray, "h w 3"], values: Float32[np.ndarray, "h w"], radius_px: int, epsilon: float
) -> tuple[Float32[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"]]:
    """Return the means of a and b over all windows of a pixel: (Sigma + eps) a = cov(I, p), b = mean(p) - a . mean(I)."""

    def average(field: np.ndarray) -> np.ndarray:
        side = 2 * radius_px + 1
        return cv2.blur(field, (side, side), borderType=cv2.BORDER_REFLECT)

    red, green, blue = (colours[..., channel] for channel in range(3))
    mean_colours, mean_values = average(colours), average(values)
    covariance = average(colours * values[..., None]) - mean_colours * mean_values[..., None]
    squares = average(colours * colours) - mean_colours * mean_colours + epsilon
    mixed = average(np.stack([red * green, red * blue, green * blue], axis=-1))
    mixed -= mean_colours[..., [0, 0, 1]] * mean_colours[..., [1, 2, 2]]
    slopes = _solve_symmetric(squares, mixed, covariance)
    offsets = mean_values - np.einsum("hwc,hwc->hw", slopes, mean_colours)
    return average(slopes), average(offsets)


def _solve_symmetric(
    squares: Float32[np.ndarray, "h w 3"], mixed: Float32[np.ndarray, "h w 3"], right: Float32[np.ndarray, "h w 3"]
) -> Float32[np.ndarray, "h w 3"]:
    """Return the solution of a symmetric 3 x 3 system at each pixel, by cofactors: LAPACK takes six times as long.

    `squares` is the diagonal. `mixed` has rows and columns (0, 1), (0, 2) and (1, 2). The channels of grey windows go
    together, so that their cofactors are differences of numbers that agree in the digits of float32. They are taken in
    float64.
    """
    rr, gg, bb = (squares[..., i].astype(np.float64) for i in range(3))
    rg, rb, gb = (mixed[..., i].astype(np.float64) for i in range(3))
    x, y, z = (right[..., i] for i in range(3))
    c00, c01, c02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = rr * c00 + rg * c01 + rb * c02
    solution = np.stack([c00 * x + c01 * y + c02 * z, c01 * x + c11 * y + c12 * z, c02 * x + c12 * y + c22 * z], axis=-1)
    return (solution / determinant[..., None]).astype(np.float32)

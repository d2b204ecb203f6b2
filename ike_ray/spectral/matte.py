"""The opacity and the colours of an object, which are needed to cut it out, or to put it before another background."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from ike_ray.config import MatteConfig
from ike_ray.spectral.pixel_mask import resize_map
from ike_ray.video.clip import resize_frame

_UNKNOWN = 0.5  # the value in a trimap between 0 for background and 1 for object
_WINDOW_PX = 3  # the side of the windows of closed-form matting, in which colours lie on a line
_LEAST_CORE_FRACTION = 0.5  # a share of the largest depth: if an object is thinner than the band, its inner half stays object


@dataclass(frozen=True, kw_only=True)
class Matte:
    """An object apart from its background: image = alpha foreground + (1 - alpha) background."""

    alpha: Float32[np.ndarray, "H W"]  # opacity in [0, 1]
    foreground: UInt8[np.ndarray, "H W 3"]  # the object's own colours, also where it is see-through


def estimate_matte(image: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"], config: MatteConfig) -> Matte:
    """Return the matte of the object that `mask` roughly covers. Its opacity is estimated in a band around its outline.

    Closed-form matting (Levin, Lischinski, Weiss, PAMI 2008) gives the opacity at about `config.area_px` pixels, which is
    then enlarged (bilinear, half-pixel centres). The colours of the foreground (Germer et al., ICPR 2020) are estimated at
    the image's size. Both are done by pymatting. An empty mask is see-through everywhere, and a full one nowhere. If a side
    has fewer than three pixels, then the mask is the opacity.
    """
    # It is compiled on its first import, which takes a minute on a new machine. Whoever wants only masks need not wait.
    from pymatting import estimate_alpha_cf, estimate_foreground_ml  # noqa: PLC0415

    height, width = mask.shape
    if mask.all() or not mask.any():
        return Matte(alpha=mask.astype(np.float32), foreground=image)
    scale = min(1.0, (config.area_px / (height * width)) ** 0.5)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    trimap = build_trimap(resize_map(mask.astype(np.float32), *size) > 0.5, config.band_fraction)
    alpha = trimap
    if min(size) < _WINDOW_PX:
        alpha = resize_map(mask.astype(np.float32), *size)
    elif (trimap == 0).any() and (trimap == 1).any():
        alpha = estimate_alpha_cf(resize_frame(image, *size) / 255, trimap.astype(np.float64)).astype(np.float32)
    alpha = resize_map(alpha, height, width).clip(0, 1)
    foreground = estimate_foreground_ml(image / np.float32(255), alpha)
    return Matte(alpha=alpha, foreground=np.rint(foreground.clip(0, 1) * 255).astype(np.uint8))


def build_trimap(mask: Bool[np.ndarray, "h w"], band_fraction: float) -> Float32[np.ndarray, "h w"]:
    """Return 1 for object, 0 for background, and 0.5 where a pixel is near to the outline and so unknown.

    A pixel is near if its distance is at most `band_fraction` times the root of the mask's area. At least one pixel on each
    side of the outline is unknown. If all of a thin object would be unknown, then its inner half stays object. The same
    holds for a thin background.
    """
    if mask.all() or not mask.any():
        return mask.astype(np.float32)
    inside, outside = (_measure_depth(side) for side in (mask, ~mask))
    band = max(1.0, band_fraction * float(np.sqrt(mask.sum())))
    is_core = inside > min(band, _LEAST_CORE_FRACTION * float(inside.max()))
    is_far = outside > min(band, _LEAST_CORE_FRACTION * float(outside.max()))
    return np.where(is_core, 1, np.where(is_far, 0, _UNKNOWN)).astype(np.float32)


def build_cutout(matte: Matte) -> UInt8[np.ndarray, "H W 4"]:
    """Return the object's colours and its opacity as RGBA. The colours are not multiplied by the opacity."""
    return np.dstack([matte.foreground, np.rint(matte.alpha * 255).astype(np.uint8)])


def build_composite(matte: Matte, background: UInt8[np.ndarray, "_ _ 3"]) -> UInt8[np.ndarray, "H W 3"]:
    """Return the object before `background`, which is resized to cover the image, and cut to its middle."""
    alpha = matte.alpha[..., None]
    behind = _resize_to_cover(background, *matte.alpha.shape)
    return np.rint(alpha * matte.foreground + (1 - alpha) * behind).astype(np.uint8)


def _measure_depth(side: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Return the distance, in pixels, of each pixel of `side` to the nearest one beyond it. It is 0 beyond `side`."""
    return cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _resize_to_cover(image: UInt8[np.ndarray, "_ _ 3"], height: int, width: int) -> UInt8[np.ndarray, "H W 3"]:
    scale = max(height / image.shape[0], width / image.shape[1])
    large = resize_frame(image, max(height, round(image.shape[0] * scale)), max(width, round(image.shape[1] * scale)))
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return large[top : top + height, left : left + width]

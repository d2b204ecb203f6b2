"""The few frames of a video that its report shows: their overlays, and how the masks were found."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from ike_ray.masks.overlay import render_overlay
from ike_ray.records import FrameMask, SegmentedFrames

TILE_HEIGHT_PX = 180
_WIDEST_TILE_PX = 640  # JPEG ends at 65,500 pixels, and a strip has up to 64 tiles
_JPEG_QUALITY = 70
# The rows of a picture of layers, from the top, for `segment`, `spectral` and `predict`.
LAYERS = ("frame", "flow", "cue", "graph")
EIGEN_LAYERS = ("image", "eigenvector 1", "eigenvector 2", "eigenvector 3", "soft mask")
STUDENT_LAYERS = ("frame", "soft mask")
# Motion of this share of the tile's diagonal has full colour. Faster motion is rare, and slower motion should still be seen.
_FULL_COLOUR_FRACTION = 0.03

_NUM_EIGENVECTORS = 3
_ABOVE, _BELOW = np.array([200.0, 30.0, 30.0]), np.array([30.0, 60.0, 200.0])
_FULL_QUANTILE = 0.98  # not the maximum, since single nodes may lie far out

Image = UInt8[np.ndarray, "tile_h tile_w 3"]


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One frame as the report shows it, small."""

    frame_index: int
    overlay: Image
    layers: tuple[Image, ...]  # in the order of `LAYERS`, `EIGEN_LAYERS` or `STUDENT_LAYERS`


class TileKeeper:
    """Keeps tiles of frames, spread evenly over a video whose length is known only at its end. It holds 2 `num_tiles` at
    most."""

    def __init__(self, num_tiles: int) -> None:
        self._num_tiles = num_tiles
        self._kept: list[Tile] = []
        self._step = 1  # one of this many frames is kept
        self._num_seen = 0

    def watch(self, part: SegmentedFrames, masks: Iterable[FrameMask]) -> Iterator[FrameMask]:
        """Yield the masks of `part` as they are, and look at them on their way."""
        for position, mask in enumerate(masks):
            self.add(partial(render_tile, part, position, mask))
            yield mask

    def add(self, render: Callable[[], Tile]) -> None:
        """Take the next frame, whose tile is made if it is kept."""
        if self._num_seen % self._step == 0:
            self._kept.append(render())
        if len(self._kept) > 2 * self._num_tiles:
            self._kept, self._step = self._kept[::2], 2 * self._step
        self._num_seen += 1

    def list_tiles(self) -> list[Tile]:
        """Return at most `num_tiles` tiles, in order, or those of all frames if the video has no more."""
        spread = np.linspace(0, len(self._kept) - 1, min(self._num_tiles, len(self._kept))).round().astype(int)
        return [self._kept[position] for position in spread]


def render_tile(part: SegmentedFrames, position: int, mask: FrameMask) -> Tile:
    """Return the tile of the frame at `position` in `part`, with all layers at the same size."""
    size = choose_tile_size(part.clip.height, part.clip.width)
    small = _resize_frame(part.clip.flow_frames[position], size)
    soft_masks = (part.layers.cue[position], part.layers.graph[position])
    layers = [small, render_flow(part.layers.motion[position]), *(_render_soft_mask(soft) for soft in soft_masks)]
    return Tile(
        frame_index=mask.frame_index,
        overlay=_render_masks(small, mask),
        layers=tuple(cv2.resize(layer, size, interpolation=cv2.INTER_LINEAR) for layer in layers),
    )


def render_student_tile(frame: UInt8[np.ndarray, "fh fw 3"], mask: FrameMask) -> Tile:
    """Return the tile of a frame whose mask was found in that frame alone."""
    size = choose_tile_size(*mask.mask.shape)
    small = _resize_frame(frame, size)
    soft_mask = cv2.resize(mask.soft_mask, size, interpolation=cv2.INTER_AREA)
    layers = (small, _render_soft_mask(soft_mask))
    return Tile(frame_index=mask.frame_index, overlay=_render_masks(small, mask), layers=layers)


def render_eigen_tile(image: UInt8[np.ndarray, "H W 3"], mask: FrameMask, maps: Float32[np.ndarray, "k h w"]) -> Tile:
    """Return the tile of an image with its first three eigenvectors. Missing ones are grey."""
    size = choose_tile_size(*image.shape[:2])
    small = _resize_frame(image, size)
    shown = [render_signed(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)) for values in maps[:_NUM_EIGENVECTORS]]
    shown += [np.full_like(small, 200)] * (_NUM_EIGENVECTORS - len(shown))
    soft_mask = cv2.resize(mask.soft_mask, size, interpolation=cv2.INTER_AREA)
    return Tile(
        frame_index=mask.frame_index,
        overlay=_render_masks(small, mask),
        layers=(small, *shown, _render_soft_mask(soft_mask)),
    )


def render_signed(values: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Return a map with signs as colours: red above 0, blue below, white at 0, and full at the 98 % quantile of the sizes."""
    largest = max(float(np.quantile(np.abs(values), _FULL_QUANTILE)), np.finfo(np.float32).tiny)
    share = (values / largest).clip(-1, 1)[..., None]
    return np.rint(255 + np.abs(share) * (np.where(share > 0, _ABOVE, _BELOW) - 255)).astype(np.uint8)


def choose_tile_size(height: int, width: int) -> tuple[int, int]:
    """Return width and height in pixels of the tiles of a video of this size."""
    return min(max(1, round(width * TILE_HEIGHT_PX / height)), _WIDEST_TILE_PX), TILE_HEIGHT_PX


def render_flow(flow: Float32[np.ndarray, "h w 2"]) -> UInt8[np.ndarray, "h w 3"]:
    """Return flow as colours. The hue is its direction, white is no flow, and full colour is 3 % of the diagonal and more."""
    length_px, angle = cv2.cartToPolar(flow[..., 0].copy(), flow[..., 1].copy(), angleInDegrees=True)
    full_px = _FULL_COLOUR_FRACTION * float(np.hypot(*flow.shape[:2]))
    colour = np.stack([angle, np.minimum(length_px / full_px, 1), np.ones_like(angle)], axis=-1)
    return np.rint(cv2.cvtColor(colour, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)


def build_strip_jpeg(tiles: Sequence[Tile]) -> bytes:
    """Return the overlays of tiles side by side as JPEG bytes."""
    return build_jpeg(np.concatenate([tile.overlay for tile in tiles], axis=1))


def build_layers_jpeg(tiles: Sequence[Tile]) -> bytes:
    """Return the layers of tiles as JPEG bytes, with a column for each tile and a row for each layer, in their order."""
    columns = [np.concatenate(tile.layers, axis=0) for tile in tiles]
    return build_jpeg(np.concatenate(columns, axis=1))


def build_jpeg(image: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """Return an RGB image as JPEG bytes, in the quality of the report's pictures."""
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return data.tobytes()


def _render_soft_mask(soft_mask: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    grey = np.rint(soft_mask * 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _resize_frame(frame: UInt8[np.ndarray, "h w 3"], size: tuple[int, int]) -> Image:
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA if len(frame) >= TILE_HEIGHT_PX else cv2.INTER_CUBIC)


def _render_masks(small: Image, mask: FrameMask) -> Image:
    size = (small.shape[1], small.shape[0])
    return render_overlay(small, {number: _resize_mask(own, size) for number, own in _list_masks(mask).items()})


def _resize_mask(mask: Bool[np.ndarray, "H W"], size: tuple[int, int]) -> Bool[np.ndarray, "tile_h tile_w"]:
    return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)


def _list_masks(mask: FrameMask) -> dict[int, Bool[np.ndarray, "H W"]]:
    """Return the objects' masks by number. A mask that is one object has number 1."""
    if mask.objects is None:
        return {1: mask.mask}
    return {int(number): mask.objects == number for number in np.unique(mask.objects) if number}

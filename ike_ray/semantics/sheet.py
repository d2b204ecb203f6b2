"""Contact sheets: the regions nearest to the centre of a cluster side by side, each outlined in a square piece of its frame.

The nearest regions are found in one pass over a corpus, and are of as many videos as possible.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from ike_ray.config import DescriptorsConfig, SheetsConfig
from ike_ray.errors import InputError
from ike_ray.export.pictures import read_pictures
from ike_ray.masks.overlay import list_colour
from ike_ray.run.objects import read_object_masks
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.run.tiles import build_jpeg
from ike_ray.semantics.crop import build_crop_box

_NUM_COLUMNS = 8
_GAP_PX = 4
_GROUND = 24  # the grey around tiles, and of a tile whose picture is gone

# This many regions of a video are remembered, which is enough for the sheet of a corpus of few videos.
_MOST_OF_A_VIDEO = 8

Tile = UInt8[np.ndarray, "s s 3"]


@dataclass(frozen=True, kw_only=True, order=True)
class NearRegion:
    """A region, and the square of its distance to the centre of its cluster."""

    square: float
    video_id: str
    frame_index: int
    number: int


@dataclass(kw_only=True)
class NearestKeeper:
    """Keeps the nearest regions of one cluster: a few regions from twice as many videos as regions are asked for."""

    size: int
    _videos: dict[str, list[NearRegion]] = field(default_factory=dict)

    @property
    def limit(self) -> float:
        """Return the distance from which on a region is not kept, unless its video already has one."""
        return max(own[0].square for own in self._videos.values()) if len(self._videos) >= 2 * self.size else float("inf")

    def add(self, region: NearRegion) -> None:
        """Look at a region, and keep it if it is near enough."""
        own = self._videos.setdefault(region.video_id, [])
        own.append(region)
        own.sort()
        del own[_MOST_OF_A_VIDEO:]
        if len(self._videos) > 2 * self.size:
            farthest = max(self._videos, key=lambda video_id: self._videos[video_id][0])
            del self._videos[farthest]

    def list_nearest(self) -> list[NearRegion]:
        """Return at most `size` regions, nearest first: one from each video, and more if there are few videos."""
        rounds: list[list[NearRegion]] = [[] for _ in range(_MOST_OF_A_VIDEO)]
        for own in self._videos.values():
            for position, region in enumerate(own):
                rounds[position].append(region)
        chosen: list[NearRegion] = []
        for regions in rounds:
            chosen += heapq.nsmallest(self.size - len(chosen), regions)
        return sorted(chosen)


def render_sheet(
    regions: Sequence[NearRegion], videos: Iterable[SegmentedVideo], descriptors: DescriptorsConfig, config: SheetsConfig
) -> bytes:
    """Return the regions in their order as JPEG bytes, eight in a row.

    `videos` are those that the regions are from. A video whose pictures have gone leaves grey tiles.
    """
    tiles: dict[NearRegion, Tile] = {}
    for video in videos:
        own = [region for region in regions if region.video_id == video.video_id]
        tiles |= _render_tiles(video, own, descriptors, config.tile_px)
    return build_jpeg(_arrange([tiles.get(region) for region in regions], config.tile_px))


def render_tile(
    image: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"], descriptors: DescriptorsConfig, side_px: int
) -> Tile:
    """Return the crop of a region with its outline, dimmed outside the region. Its longer side is as long as the tile."""
    x0, y0, x1, y1 = build_crop_box(mask, descriptors)
    scale = side_px / max(x1 - x0, y1 - y0)
    size = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    shrinks = scale < 1
    piece = cv2.resize(image[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    inside = cv2.resize(mask[y0:y1, x0:x1].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    shown = np.where(inside[..., None] > 0, piece, piece // 2)
    outlines, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(shown, outlines, -1, list_colour(1), 1)
    tile = np.full((side_px, side_px, 3), _GROUND, np.uint8)
    top, left = (side_px - size[1]) // 2, (side_px - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = shown
    return tile


def _render_tiles(
    video: SegmentedVideo, regions: Sequence[NearRegion], descriptors: DescriptorsConfig, side_px: int
) -> Mapping[NearRegion, Tile]:
    by_frame: dict[int, list[NearRegion]] = {}
    for region in regions:
        by_frame.setdefault(region.frame_index, []).append(region)
    tiles = {}
    try:
        for image, row in read_pictures(video):
            masks = read_object_masks(row) if row["frame_index"] in by_frame else {}
            for region in by_frame.pop(row["frame_index"], ()):
                tiles[region] = render_tile(image, masks[region.number], descriptors, side_px)
            if not by_frame:
                break
    except InputError:
        return {}  # the video has gone since it was described
    return tiles


def _arrange(tiles: Sequence[Tile | None], side_px: int) -> UInt8[np.ndarray, "h w 3"]:
    num_columns = min(_NUM_COLUMNS, max(1, len(tiles)))
    num_rows = max(1, math.ceil(len(tiles) / num_columns))
    step = side_px + _GAP_PX
    sheet = np.full((num_rows * step + _GAP_PX, num_columns * step + _GAP_PX, 3), _GROUND // 2, np.uint8)
    for position, tile in enumerate(tiles):
        top, left = (_GAP_PX + step * place for place in divmod(position, num_columns))
        sheet[top : top + side_px, left : left + side_px] = _GROUND if tile is None else tile
    return sheet

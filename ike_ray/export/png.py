"""Plain masks: FOLDER/<video id>/<frame>.png, one channel."""

from ike_ray.export.mask_tree import write_mask_tree
from ike_ray.export.names import build_path
from ike_ray.export.objects import Row, build_numbers, has_numbers, list_objects
from ike_ray.masks.png import build_mask_png, build_objects_png
from ike_ray.masks.rle import read_rle
from ike_ray.storage.files import join_uri
from ike_ray.storage.segmented import SegmentedVideo


def write_png(video: SegmentedVideo, folder: str) -> None:
    """Writes a mask a frame: 0 and 255, or with several objects their numbers."""
    build = _build_numbered_png if has_numbers(video.rows) else _build_png
    write_mask_tree(video, join_uri(folder, build_path(video.video_id)), build)


def _build_png(row: Row) -> bytes:
    return build_mask_png(read_rle(row["mask"]))


def _build_numbered_png(row: Row) -> bytes:
    return build_objects_png(build_numbers(row, {entry["number"]: entry["number"] for entry in list_objects(row)}))

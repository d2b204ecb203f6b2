"""Plain masks: FOLDER/<video id>/<frame>.png, one channel."""

from ike_ray.export.mask_tree import write_mask_tree
from ike_ray.export.names import build_path
from ike_ray.export.objects import Row, build_numbers
from ike_ray.masks.png import build_mask_png, build_objects_png
from ike_ray.masks.rle import read_rle
from ike_ray.storage.files import join_uri
from ike_ray.storage.segmented import SegmentedVideo


def write_png(video: SegmentedVideo, folder: str) -> None:
    """Writes a mask a frame: 0 and 255, or with several objects their numbers."""
    write_mask_tree(video, join_uri(folder, build_path(video.video_id)), _build_png)


def _build_png(row: Row) -> bytes:
    if row["objects"] is None:
        return build_mask_png(read_rle(row["mask"]))
    return build_objects_png(build_numbers(row, {entry["number"]: entry["number"] for entry in row["objects"]}))

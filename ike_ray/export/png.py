"""Plain masks of one channel: FOLDER/<video id>/<frame>.png, or FOLDER/<its id>.png for an image."""

from ike_ray.export.mask_tree import write_mask_tree
from ike_ray.export.names import build_path, is_image
from ike_ray.masks.png import build_mask_png, build_objects_png
from ike_ray.masks.rle import read_rle
from ike_ray.run.objects import Row, build_numbers, has_numbers, list_objects
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import is_file, join_uri, write_bytes


def write_png(video: SegmentedVideo, folder: str) -> None:
    """Write a mask for each frame: 0 and 255, or the objects' numbers if there are several objects."""
    build = _build_numbered_png if has_numbers(video.rows) else _build_png
    if is_image(video):
        uri = join_uri(folder, f"{build_path(video.video_id)}.png")
        if not is_file(uri):
            write_bytes(uri, build(video.rows[0]))
        return
    write_mask_tree(video, join_uri(folder, build_path(video.video_id)), build)


def _build_png(row: Row) -> bytes:
    return build_mask_png(read_rle(row["mask"]))


def _build_numbered_png(row: Row) -> bytes:
    return build_objects_png(build_numbers(row, {entry["number"]: entry["number"] for entry in list_objects(row)}))

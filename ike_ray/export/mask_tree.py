"""Masks as trees of PNG files."""

from collections.abc import Callable
from pathlib import PurePosixPath

from ike_ray.errors import InputError
from ike_ray.export.names import read_frame_names
from ike_ray.run.objects import Row
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import join_uri, list_folder, write_bytes


def write_mask_tree(video: SegmentedVideo, folder: str, build_png: Callable[[Row], bytes]) -> None:
    """Write `<frame>.png` into `folder` for every segmented frame, named like the frame. A file that is there is kept.

    Raises `InputError` if two frames have the same name up to their ending.
    """
    names = [f"{PurePosixPath(name).stem}.png" for name in read_frame_names(video)]
    if len(set(names)) < len(names):
        doubled = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"cannot name the masks of {video.video_id}: two images in {video.uri} would have the mask {doubled}. Rename one"
        )
    there = {uri.rpartition("/")[2] for uri in list_folder(folder)}
    for name, row in zip(names, video.rows, strict=True):
        if name not in there:
            write_bytes(join_uri(folder, name), build_png(row))

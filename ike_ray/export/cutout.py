"""Cut-outs: FOLDER/<video id>.mov, the object alone, with an alpha channel."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8

from ike_ray.export.names import build_path
from ike_ray.export.pictures import read_pictures, shown_fps
from ike_ray.masks.rle import read_rle
from ike_ray.storage.files import is_file, join_uri
from ike_ray.storage.segmented import SegmentedVideo
from ike_ray.video.write import write_alpha_video


def write_cutout(video: SegmentedVideo, folder: str) -> None:
    """Writes the segmented frames with everything but the mask transparent; one that is there is kept."""
    uri = join_uri(folder, f"{build_path(video.video_id)}.mov")
    if not is_file(uri):
        write_alpha_video(uri, _read_cutouts(video), shown_fps(video))


def _read_cutouts(video: SegmentedVideo) -> Iterator[UInt8[np.ndarray, "H W 4"]]:
    """RGBA, black where it is transparent: the same picture whether a tool multiplies by alpha or takes it for done."""
    for image, row in read_pictures(video):
        mask = read_rle(row["mask"])[..., None]
        yield np.concatenate([np.where(mask, image, 0), np.where(mask, 255, 0)], axis=-1).astype(np.uint8)

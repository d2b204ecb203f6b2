"""Cut-outs with an alpha channel, which show the object alone: FOLDER/<video id>.mov, or FOLDER/<its id>.png for an image."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8

from ike_ray.export.names import build_path, is_image
from ike_ray.export.pictures import read_pictures, shown_fps
from ike_ray.masks.png import build_rgba_png
from ike_ray.masks.rle import read_rle
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import is_file, join_uri, write_bytes
from ike_ray.video.write import write_alpha_video


def write_cutout(video: SegmentedVideo, folder: str) -> None:
    """Write the segmented frames with everything but the mask transparent. A file that is there is kept."""
    is_still = is_image(video)
    uri = join_uri(folder, f"{build_path(video.video_id)}.{'png' if is_still else 'mov'}")
    if is_file(uri):
        return
    if is_still:
        write_bytes(uri, build_rgba_png(next(_read_cutouts(video))))
    else:
        write_alpha_video(uri, _read_cutouts(video), shown_fps(video))


def _read_cutouts(video: SegmentedVideo) -> Iterator[UInt8[np.ndarray, "H W 4"]]:
    """Yield RGBA images, black where they are transparent. So it does not matter whether a tool multiplies by alpha."""
    for image, row in read_pictures(video):
        mask = read_rle(row["mask"])[..., None]
        yield np.concatenate([np.where(mask, image, 0), np.where(mask, 255, 0)], axis=-1).astype(np.uint8)

"""How many frames a video has, without decoding it."""

import av

from ike_ray.config import VideoConfig
from ike_ray.errors import InputError
from ike_ray.storage.files import is_folder, open_binary
from ike_ray.video.container import open_container
from ike_ray.video.folder_reader import list_images
from ike_ray.video.frame import build_frame_range
from ike_ray.video.image_file import is_image_name


def estimate_num_frames(uri: str, config: VideoConfig) -> int | None:
    """Return how many frames of `uri` the settings select, as its header or its folder promises, or None without a promise.

    Raises `InputError` if FFmpeg finds no video in the file.
    """
    if is_image_name(uri) and not is_folder(uri):
        return 1
    promised = len(list_images(uri)) if is_folder(uri) else _read_promised(uri)
    if promised is None:
        return None
    chosen = build_frame_range(config)
    stop = promised if chosen.stop is None else min(promised, chosen.stop)
    return len(range(chosen.start, stop, chosen.stride))


def _read_promised(uri: str) -> int | None:
    with open_binary(uri) as stream, open_container(uri, stream) as container:
        if not container.streams.video:
            raise InputError(f"cannot read {uri}: expected a video, found no video stream in it. Try `ffprobe` on it")
        video = container.streams.video[0]
        if video.frames:
            return int(video.frames)
        rate = video.average_rate or video.guessed_rate
        if container.duration is None or not rate:
            return None
        return round(container.duration / av.time_base * rate)

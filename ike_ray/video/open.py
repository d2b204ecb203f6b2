"""The one place that decides how a video is read."""

from ike_ray.config import VideoConfig
from ike_ray.storage.files import is_folder
from ike_ray.video.file_reader import FileReader
from ike_ray.video.folder_reader import FolderReader
from ike_ray.video.frame import build_frame_range

VideoReader = FileReader | FolderReader


def open_video(uri: str, config: VideoConfig) -> VideoReader:
    """A reader of the frames of `uri` that `config` selects: a context manager, iterated once, one frame in memory.

    A folder is read as images in natural order, anything else is decoded by FFmpeg. Raises `InputError` where there is
    nothing to read.
    """
    frame_range = build_frame_range(config)
    return FolderReader(uri, frame_range) if is_folder(uri) else FileReader(uri, frame_range)

"""The choice of how a video is read."""

from ike_ray.config import VideoConfig
from ike_ray.storage.files import is_folder
from ike_ray.video.array_reader import ArrayReader
from ike_ray.video.file_reader import FileReader
from ike_ray.video.folder_reader import FolderReader
from ike_ray.video.frame import build_frame_range
from ike_ray.video.image_file import is_image_name
from ike_ray.video.image_reader import ImageReader

VideoReader = FileReader | FolderReader | ImageReader | ArrayReader


def open_video(uri: str, config: VideoConfig) -> VideoReader:
    """Return a reader of the frames of `uri` that `config` selects: a context manager, iterated once, one frame in memory.

    A file that ends as an image does is a video of one frame. A folder is read as images in natural order. FFmpeg decodes
    anything else. Raises `InputError` if there is nothing to read.
    """
    if is_image_name(uri) and not is_folder(uri):
        return ImageReader(uri, config.max_image_px)
    frame_range = build_frame_range(config)
    reader = FolderReader if is_folder(uri) else FileReader
    return reader(uri, frame_range, config.max_image_px)

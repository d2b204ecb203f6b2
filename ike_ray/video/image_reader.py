"""A still image as a video of one frame."""

from collections.abc import Iterator

from ike_ray.storage.files import read_bytes
from ike_ray.video.frame import VideoFrame
from ike_ray.video.image_file import decode_image


class ImageReader:
    """One image file. Its only frame has number 0 and no time, and is read whatever range of frames is asked for."""

    fps: float | None = None
    warning: str | None = None

    def __init__(self, uri: str, max_px: int, data: bytes | None = None) -> None:
        """Open the file, or take `data` if the caller has its content. Raises `InputError` if there is no such file."""
        self.uri = uri
        self._max_px = max_px
        self._data = read_bytes(uri) if data is None else data

    def __enter__(self) -> "ImageReader":
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yield the frame. Raises `InputError` if it is no image, and `ExcludedError` if it is too large."""
        image = decode_image(self._data, self.uri, self._max_px)
        yield VideoFrame(index=0, timestamp_s=float("nan"), image=image)

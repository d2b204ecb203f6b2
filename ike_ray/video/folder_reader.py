"""Frames of a video that is a folder of images."""

from collections.abc import Iterator

from ike_ray.errors import InputError
from ike_ray.storage.files import list_folder, read_bytes
from ike_ray.video.frame import FrameRange, VideoFrame
from ike_ray.video.image_file import IMAGE_SUFFIXES, decode_image, is_image_name


def list_images(folder: str) -> list[str]:
    """Return the URIs of the images of a folder, in natural order (2 before 10)."""
    return [uri for uri in list_folder(folder) if is_image_name(uri)]


class FolderReader:
    """A folder of images, iterated in natural order of their names. It has neither a frame rate nor times."""

    fps: float | None = None
    warning: str | None = None

    def __init__(self, uri: str, frame_range: FrameRange, max_image_px: int) -> None:
        """List the images. Raises `InputError` if the folder holds none."""
        self.uri = uri
        self._range, self._max_px = frame_range, max_image_px
        self._images = list_images(uri)
        if not self._images:
            raise InputError(
                f"cannot read {uri}: expected a folder of images ({', '.join(IMAGE_SUFFIXES)}), found none in it. "
                "Check the path"
            )

    def __enter__(self) -> "FolderReader":
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yield the selected frames. Raises `InputError` for one that is unreadable, too large or of another size."""
        size = None
        for index, uri in enumerate(self._images):
            if index not in self._range:
                continue
            image = decode_image(read_bytes(uri), uri, self._max_px)
            if size not in (None, image.shape):
                raise InputError(
                    f"cannot use frame {uri}: expected {size[0]} x {size[1]} pixels like the frames before it, "
                    f"found {image.shape[0]} x {image.shape[1]}. Is the folder one video?"
                )
            size = image.shape
            yield VideoFrame(index=index, timestamp_s=float("nan"), image=image)

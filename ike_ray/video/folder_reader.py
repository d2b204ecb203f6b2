"""Frames of a video that is a folder of images."""

from collections.abc import Iterator

import cv2
import numpy as np

from ike_ray.errors import InputError
from ike_ray.storage.files import list_folder, read_bytes
from ike_ray.video.frame import FrameRange, VideoFrame

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".tif", ".tiff")


def list_images(folder: str) -> list[str]:
    """URIs of the images of a folder, in natural order (2 before 10)."""
    return [uri for uri in list_folder(folder) if uri.lower().endswith(IMAGE_SUFFIXES)]


class FolderReader:
    """A folder of images, iterated in natural order of their names. It has neither frame rate nor times."""

    fps: float | None = None
    warning: str | None = None

    def __init__(self, uri: str, frame_range: FrameRange) -> None:
        """Raises `InputError` where the folder holds no image."""
        self.uri = uri
        self._range = frame_range
        self._images = list_images(uri)
        if not self._images:
            raise InputError(
                f"cannot read {uri}: expected a folder of images ({', '.join(IMAGE_SUFFIXES)}), found none in it"
            )

    def __enter__(self) -> "FolderReader":
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yields the selected frames. Raises `InputError` for an image that cannot be read or has another size."""
        size = None
        for index, uri in enumerate(self._images):
            if index not in self._range:
                continue
            data = read_bytes(uri)
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
            if image is None:
                raise InputError(
                    f"cannot read frame {uri}: expected an image, found other or broken bytes. Remove or replace it"
                )
            if size not in (None, image.shape):
                raise InputError(
                    f"cannot use frame {uri}: expected {size[0]} x {size[1]} pixels like the frames before it, "
                    f"found {image.shape[0]} x {image.shape[1]}. Is the folder one video?"
                )
            size = image.shape
            yield VideoFrame(index=index, timestamp_s=float("nan"), image=image)

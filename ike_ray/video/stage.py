"""A video in object storage, as a copy on the local disk for as long as it is worked on."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, InputError
from ike_ray.records import VideoRef
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.faults import translate_faults
from ike_ray.storage.files import is_folder, is_local, open_binary, read_size, safe_name, strip_query
from ike_ray.video.image_file import is_image_name

_CHUNK_BYTES = 8 * 2**20


@contextmanager
def stage_video(ref: VideoRef, config: VideoConfig) -> Iterator[VideoRef]:
    """Yield the same video with the URI of a copy on the local disk, which is removed at the end. A local video stays.

    A video is read more than once, and containers are read back and forth. One download is cheaper than that over a network.
    An image, or a folder of them, stays where it is, since images are read once. The copy goes to Python's temporary folder,
    which TMPDIR names. Raises `ExcludedError` if the file is larger than `config.max_staged_gb`, and `TransientError` if the
    storage or the disk does not take it.
    """
    if is_local(ref.uri) or is_image_name(ref.uri) or is_folder(ref.uri):
        yield ref
        return
    _check_size(ref.uri, read_size(ref.uri), config)
    with tempfile.TemporaryDirectory(prefix="ike-ray-") as folder:
        copy = Path(folder) / safe_name(strip_query(ref.uri))  # a known ending helps FFmpeg
        _copy(ref.uri, copy, config)
        try:
            yield replace(ref, uri=str(copy))
        except InputError as error:  # the copy is gone by the time that somebody reads the message
            raise type(error)(str(error).replace(str(copy), hide_credentials(ref.uri))) from error


def _copy(uri: str, copy: Path, config: VideoConfig) -> None:
    num_bytes = 0
    with open_binary(uri) as source, translate_faults(uri), copy.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            num_bytes += len(chunk)
            _check_size(uri, num_bytes, config)  # a web server may say nothing of the size, or something false
            target.write(chunk)


def _check_size(uri: str, num_bytes: int, config: VideoConfig) -> None:
    if num_bytes / 1e9 > config.max_staged_gb:
        raise ExcludedError(
            f"skipped {hide_credentials(uri)}: its {num_bytes / 1e9:.1f} GB are more than video.max_staged_gb = "
            f"{config.max_staged_gb:g}. Raise that setting if the disks of the workers have room for one such file a worker"
        )

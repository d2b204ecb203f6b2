"""Names of files that are made from a video and its frames."""

import hashlib
from collections.abc import Collection

from ike_ray.errors import ConfigError, InputError
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import is_file, is_folder, safe_name, safe_path
from ike_ray.video.folder_reader import list_images
from ike_ray.video.image_file import is_image_name
from ike_ray.video.manifest import read_sequence_name


def build_path(video_id: str) -> str:
    """Return a video's path below any folder: its id, or if that is no path the like of it and eight digits of its hash."""
    path = safe_path(video_id)
    return path if path == video_id else f"{path}-{hashlib.sha256(video_id.encode()).hexdigest()[:8]}"


def build_sequence_name(video_id: str) -> str:
    """Return the name of a video in a dataset: the last part of its id, without a video file's ending."""
    return safe_name(read_sequence_name(video_id))


def refuse_shared_names(video_ids: Collection[str]) -> None:
    """Raise `ConfigError` if two videos have the same name in a dataset."""
    first: dict[str, str] = {}
    for video_id in video_ids:
        other = first.setdefault(build_sequence_name(video_id), video_id)
        if other != video_id:
            raise ConfigError(
                f"the videos {other!r} and {video_id!r} would both be the sequence {build_sequence_name(video_id)!r}. "
                "Choose one of them with --videos, or export with --to png, which keeps ids apart"
            )


def is_image(video: SegmentedVideo) -> bool:
    """Return whether the video is one still image."""
    return video.fps is None and is_image_name(video.uri) and not is_folder(video.uri)


def is_folder_of_frames(video: SegmentedVideo) -> bool:
    """Return whether the video is a folder of images. Raises `InputError` if that cannot be told, since it has gone."""
    if video.fps is not None:
        return False
    if is_folder(video.uri):
        return True
    if is_file(video.uri):
        return False
    raise InputError(build_gone_message(video))


def read_frame_names(video: SegmentedVideo) -> list[str]:
    """Return a file name for each segmented frame.

    A frame that is an image has the name of its image. Frame 12 of a video file is called 00012.jpg, though there is no such
    file. An image that is no frame of a folder has its own name.

    Raises `InputError` if the video is a folder of images that has gone or lost some.
    """
    indices = [row["frame_index"] for row in video.rows]
    if is_image(video):
        return [video.uri.rpartition("/")[2]]
    if not is_folder_of_frames(video):
        return [f"{index:05d}.jpg" for index in indices]
    names = [uri.rpartition("/")[2] for uri in list_images(video.uri)]
    if indices[-1] >= len(names):
        raise InputError(
            f"the video {video.video_id} has changed: frame {indices[-1]} has a mask, and {video.uri} has "
            f"{len(names)} images. Put the others back, or segment it again into a new folder"
        )
    return [names[index] for index in indices]


def build_frame_path(video: SegmentedVideo, name: str) -> str:
    """Return a frame's path below any folder: <video>/<name> for a frame of a video. An image has its own, with an ending."""
    path = build_path(video.video_id)
    if not is_image(video):
        return f"{path}/{name}"
    return path if is_image_name(path) else f"{path}.{name.rpartition('.')[2]}"


def build_gone_message(video: SegmentedVideo) -> str:
    """Return what to say if there is nothing at the place of a video."""
    return (
        f"the video {video.video_id} has gone: expected it at {video.uri}, found nothing. Put it back, or say with --input "
        "where the videos are now"
    )

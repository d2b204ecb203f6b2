"""The list of videos that an INPUT names: one file, a folder, a glob, or a manifest."""

import logging
from collections import Counter

import pyarrow as pa
from pyarrow import csv, parquet

from ike_ray.errors import ConfigError
from ike_ray.records import VideoRef
from ike_ray.storage.files import is_file, is_folder, list_folder, list_matches, open_binary
from ike_ray.video.folder_reader import IMAGE_SUFFIXES, list_images

logger = logging.getLogger(__name__)

VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".gif"),
    *(".wmv", ".flv", ".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".mxf", ".y4m"),
)


def list_videos(source: str) -> list[VideoRef]:
    """The videos of `source`, each with an id that is unique among them.

    A folder that holds images and no video is one video; any other folder is searched, all the way down, for video files
    and folders of images. The id is the path below the searched folder (a manifest may give its own `video_id`).
    Raises `ConfigError` where nothing is found, a manifest has no `uri` column, or two videos would share an id.
    """
    source = source.rstrip("/") or "/"
    if source.lower().endswith((".csv", ".parquet")):
        refs = _read_manifest(source)
    elif is_folder(source):
        refs = _list_folder_videos(source)
    elif is_file(source):
        refs = [VideoRef(video_id=_last_name(source), uri=source)]
    elif any(sign in source for sign in "*?["):
        refs = _name_matches(list_matches(source))
    else:
        raise ConfigError(
            f"there is nothing at {source}: expected a video, a folder of videos or of frame folders, a glob, "
            "or a manifest (.csv or .parquet with a column `uri`). Check the path"
        )
    if not refs:
        raise ConfigError(
            f"no video in {source}: expected files ending in {', '.join(VIDEO_SUFFIXES)} or folders of images "
            f"({', '.join(IMAGE_SUFFIXES)}). A video with another ending can be named in a manifest"
        )
    _check_unique(refs, source)
    return refs


def _list_folder_videos(folder: str) -> list[VideoRef]:
    if list_images(folder) and not any(is_video_name(uri) for uri in list_folder(folder)):
        return [VideoRef(video_id=_last_name(folder), uri=folder)]
    found: list[VideoRef] = []
    pending = [(folder, "")]
    while pending:
        current, prefix = pending.pop()
        entries = list_folder(current)
        videos = [uri for uri in entries if is_video_name(uri) and not is_folder(uri)]
        if not videos and list_images(current):
            found.append(VideoRef(video_id=prefix.rstrip("/"), uri=current))
            continue
        found += [VideoRef(video_id=prefix + _last_name(uri), uri=uri) for uri in videos]
        rest = [uri for uri in entries if uri not in videos]
        folders = [uri for uri in rest if is_folder(uri)]
        if len(rest) > len(folders):
            logger.info("%s: left out %d files that are not videos", current, len(rest) - len(folders))
        pending += [(uri, f"{prefix}{_last_name(uri)}/") for uri in reversed(folders)]
    return found


def _read_manifest(uri: str) -> list[VideoRef]:
    if not is_file(uri):
        raise ConfigError(f"there is no manifest at {uri}. Check the path")
    with open_binary(uri) as stream:
        try:
            table = parquet.read_table(stream) if uri.lower().endswith(".parquet") else csv.read_csv(stream)
        except pa.ArrowInvalid as error:
            raise ConfigError(f"cannot read the manifest {uri}: {error}") from error
    if "uri" not in table.column_names:
        raise ConfigError(f"the manifest {uri} needs a column `uri`, found: {', '.join(table.column_names)}")
    uris = [_read_cell(value, "uri", row, uri) for row, value in enumerate(table["uri"].to_pylist())]
    if "video_id" not in table.column_names:
        return [VideoRef(video_id=video_uri, uri=video_uri) for video_uri in uris]
    ids = [_read_cell(value, "video_id", row, uri) for row, value in enumerate(table["video_id"].to_pylist())]
    return [VideoRef(video_id=video_id, uri=video_uri) for video_id, video_uri in zip(ids, uris, strict=True)]


def _read_cell(value: object, column: str, row: int, manifest: str) -> str:
    if value is None or str(value).strip() == "":
        raise ConfigError(f"the manifest {manifest} has no `{column}` in row {row + 1}. Fill it in or remove the row")
    return str(value).strip()


def _name_matches(uris: list[str]) -> list[VideoRef]:
    chosen = [uri for uri in uris if is_folder(uri) or is_video_name(uri)]
    names = Counter(_last_name(uri) for uri in chosen)
    return [VideoRef(video_id=_last_name(uri) if names[_last_name(uri)] == 1 else uri, uri=uri) for uri in chosen]


def _check_unique(refs: list[VideoRef], source: str) -> None:
    doubled = [video_id for video_id, count in Counter(ref.video_id for ref in refs).items() if count > 1]
    if doubled:
        raise ConfigError(
            f"{source} names {len(doubled)} video ids more than once, the first is {doubled[0]!r}. "
            "Every row needs an id of its own: change `video_id`, or leave that column out"
        )


def is_video_name(uri: str) -> bool:
    """Whether the name ends as a video file's does."""
    return uri.lower().endswith(VIDEO_SUFFIXES)


def _last_name(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]

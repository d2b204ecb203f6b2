"""The list of videos, or of images, that an INPUT names: one file, a folder, a glob, or a manifest."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator

import pyarrow as pa
from pyarrow import csv, parquet

from ike_ray.errors import ConfigError
from ike_ray.records import VideoRef
from ike_ray.storage.files import is_file, is_folder, list_kinds, list_matches, open_binary, read_path
from ike_ray.video.image_file import IMAGE_SUFFIXES, is_image_name

logger = logging.getLogger(__name__)

VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".gif"),
    *(".wmv", ".flv", ".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".mxf", ".y4m"),
)

# Without these, 007 would be read as the number 7, and NA as no value.
_AS_WRITTEN = csv.ConvertOptions(column_types={"uri": pa.string(), "video_id": pa.string()}, strings_can_be_null=False)


def list_videos(source: str) -> list[VideoRef]:
    """The videos of `source`, each with an id that is unique among them.

    A folder is searched, all the way down, for video files and for folders that hold nothing but images, each of which is
    one video. Run folders are left out. The id is the path below the searched folder, or a manifest's `video_id`, else its
    `uri`. Relative paths in a manifest count from its folder.

    Raises `ConfigError` where nothing is found, a manifest has no `uri` column, or two videos would share an id.
    """
    return _list_refs(
        source,
        _list_folder_videos,
        lambda uris: [uri for uri in uris if is_folder(uri) or is_video_name(uri)],
        nothing="a video, a folder of videos or of frame folders",
        none=f"no video in {{}}: expected files ending in {', '.join(VIDEO_SUFFIXES)} or folders of images "
        f"({', '.join(IMAGE_SUFFIXES)}). A video with another ending can be named in a manifest",
    )


def list_images_and_videos(source: str) -> list[VideoRef]:
    """The images of `source`, and its video files, each a row of its own: see `list_videos`.

    A folder is searched all the way down; its images are rows, not frames of one video. Of a glob's matches files count. A
    folder that a manifest names is a video of frames. Raises `ConfigError` like `list_videos`.
    """
    return _list_refs(
        source,
        _list_folder_images,
        lambda uris: [uri for uri in uris if is_image_name(uri) or is_video_name(uri)],
        nothing="an image, a video, a folder of images",
        none=f"no image and no video in {{}}: expected files ending in {', '.join((*IMAGE_SUFFIXES, *VIDEO_SUFFIXES))}. "
        "A file with another ending can be named in a manifest",
    )


def _list_refs(
    source: str,
    list_below: Callable[[str], list[VideoRef]],
    choose: Callable[[list[str]], list[str]],
    *,
    nothing: str,
    none: str,
) -> list[VideoRef]:
    """`list_below` lists a folder, `choose` takes what counts of a glob's matches; the texts are for messages."""
    source = read_path(source.rstrip("/") or "/")
    if source.lower().endswith((".csv", ".parquet")):
        refs = _read_manifest(source)
    elif is_folder(source):
        refs = list_below(source)
    elif is_file(source):
        refs = [VideoRef(video_id=_last_name(source), uri=source)]
    elif any(sign in source for sign in "*?["):
        refs = _name_matches(choose(list_matches(source)))
    else:
        raise ConfigError(
            f"there is nothing at {source}: expected {nothing}, a glob, "
            "or a manifest (.csv or .parquet with a column `uri`). Check the path"
        )
    if not refs:
        raise ConfigError(none.format(source))
    _check_ids(refs, source)
    return refs


def _list_folder_videos(folder: str) -> list[VideoRef]:
    found: list[VideoRef] = []
    for current, prefix, kinds in _follow_folders(folder):
        folders = [uri for uri, kind in kinds.items() if kind == "directory"]
        videos = [uri for uri in kinds if is_video_name(uri) and uri not in folders]
        if not videos and not folders and any(is_image_name(uri) for uri in kinds):
            found.append(VideoRef(video_id=prefix.rstrip("/") or _last_name(folder), uri=current))
            continue
        found += [VideoRef(video_id=prefix + _last_name(uri), uri=uri) for uri in videos]
        num_others = len(kinds) - len(videos) - len(folders)
        if num_others:
            logger.info("%s: left out %d files that are neither videos nor a folder of frames", current, num_others)
    return found


def _list_folder_images(folder: str) -> list[VideoRef]:
    found: list[VideoRef] = []
    for current, prefix, kinds in _follow_folders(folder):
        files = [uri for uri, kind in kinds.items() if kind != "directory"]
        chosen = [uri for uri in files if is_image_name(uri) or is_video_name(uri)]
        found += [VideoRef(video_id=prefix + _last_name(uri), uri=uri) for uri in chosen]
        if len(chosen) < len(files):
            logger.info("%s: left out %d files that are neither images nor videos", current, len(files) - len(chosen))
    return found


def _follow_folders(folder: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each folder from `folder` down but run folders: its URI, the part below `folder`, its entries and their kinds."""
    pending = [(folder, "")]
    while pending:
        current, prefix = pending.pop()
        kinds = list_kinds(current)
        if any(_last_name(uri) == "run.yaml" for uri in kinds):
            logger.info("%s: left out, it is a run folder", current)
            continue
        yield current, prefix, kinds
        folders = [uri for uri, kind in kinds.items() if kind == "directory"]
        pending += [(uri, f"{prefix}{_last_name(uri)}/") for uri in reversed(folders)]


def _read_manifest(uri: str) -> list[VideoRef]:
    if not is_file(uri):
        raise ConfigError(f"there is no manifest at {uri}. Check the path")
    with open_binary(uri) as stream:
        try:
            is_parquet = uri.lower().endswith(".parquet")
            table = parquet.read_table(stream) if is_parquet else csv.read_csv(stream, convert_options=_AS_WRITTEN)
        except (pa.ArrowInvalid, OSError) as error:
            raise ConfigError(f"cannot read the manifest {uri}: {error}") from error
    if "uri" not in table.column_names:
        raise ConfigError(f"the manifest {uri} needs a column `uri`, found: {', '.join(table.column_names)}")
    columns = ["video_id", "uri"] if "video_id" in table.column_names else ["uri", "uri"]
    ids, uris = ([_read_cell(v, name, row, uri) for row, v in enumerate(table[name].to_pylist())] for name in columns)
    return [VideoRef(video_id=video_id, uri=_locate(video, uri)) for video_id, video in zip(ids, uris, strict=True)]


def _locate(uri: str, manifest: str) -> str:
    """A relative path of a manifest counts from the manifest's folder."""
    is_absolute = uri.startswith("/") or "://" in uri
    return uri if is_absolute else f"{manifest.rpartition('/')[0]}/{uri}"


def _read_cell(value: object, column: str, row: int, manifest: str) -> str:
    if value is None or str(value).strip() == "":
        raise ConfigError(f"the manifest {manifest} has no `{column}` in row {row + 1}. Fill it in or remove the row")
    return str(value).strip()


def _name_matches(uris: list[str]) -> list[VideoRef]:
    names = Counter(_last_name(uri) for uri in uris)
    return [VideoRef(video_id=_last_name(uri) if names[_last_name(uri)] == 1 else uri, uri=uri) for uri in uris]


def _check_ids(refs: list[VideoRef], source: str) -> None:
    for ref in refs:
        if not ref.uri.isascii() and ref.uri != ref.uri.encode(errors="replace").decode():
            raise ConfigError(f"cannot use the name of {ref.uri!r}: expected UTF-8, found other bytes. Rename the file")
    doubled = [video_id for video_id, count in Counter(ref.video_id for ref in refs).items() if count > 1]
    if doubled:
        raise ConfigError(
            f"{source} names {len(doubled)} video ids more than once, the first is {doubled[0]!r}. "
            "Every row needs an id of its own: change `video_id`, or leave that column out"
        )


def is_video_name(uri: str) -> bool:
    """Whether the name ends as a video file's does."""
    return uri.lower().endswith(VIDEO_SUFFIXES)


def read_sequence_name(video_id: str) -> str:
    """The name of a video or image in a dataset: the last part of its id, without such a file's ending."""
    name = _last_name(video_id)
    return name.rpartition(".")[0] if is_video_name(name) or is_image_name(name) else name


def _last_name(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]

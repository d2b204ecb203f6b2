"""The list of videos, or of images, that an INPUT names: one file, a folder, a glob, or a manifest."""

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ike_ray.errors import ConfigError, InputError
from ike_ray.records import VideoRef
from ike_ray.storage.credentials import hide_by_look, hide_credentials, render_readable, strip_credentials
from ike_ray.storage.files import (
    check_reachable,
    has_entry,
    has_protocol,
    is_file,
    is_folder,
    list_kinds,
    list_matches,
    read_path,
    read_place,
    strip_query,
)
from ike_ray.video.image_file import IMAGE_SUFFIXES, is_image_name
from ike_ray.video.manifest_table import is_manifest_name, read_manifest_table

logger = logging.getLogger(__name__)

VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".gif"),
    *(".wmv", ".flv", ".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".mxf", ".y4m"),
)
# How often one folder is searched that several links lead to. Links between folders can make a number of paths that doubles
# with each link, and no search would end.
_MOST_VISITS = 100
# How many buckets and hosts of a manifest are looked at to find one that can be reached. Each may take a second.
_MOST_PLACES = 16


def list_videos(source: str) -> list[VideoRef]:
    """Return the videos of `source`, each with an id that is unique among them and holds no credentials.

    A folder is searched, all the way down, for video files and for folders that hold nothing but images, each of which is one
    video. Run folders are left out. The id is the path below the searched folder. In a manifest it is the `video_id`, or else
    the `uri` without user and query. Relative paths in a manifest count from its folder. An entry that cannot be read,
    whatever it is called, costs its own row and not the list.

    Raises `ConfigError` if nothing is found, if a manifest has no `uri` column, or if two of its rows would share an id.
    """
    return _list_refs(
        source,
        _list_folder_videos,
        lambda uris: [uri for uri in uris if is_video_name(uri) or _is_folder_or_odd(uri)],
        nothing="a video, a folder of videos or of frame folders",
        none=f"no video in {{}}: expected files ending in {', '.join(VIDEO_SUFFIXES)} or folders of images "
        f"({', '.join(IMAGE_SUFFIXES)}). A video with another ending can be named in a manifest",
    )


def list_images_and_videos(source: str) -> list[VideoRef]:
    """Return the images of `source`, and its video files, each as a row of its own: see `list_videos`.

    A folder is searched all the way down, and its images are rows, not frames of one video. Among a glob's matches, files
    count. A folder that a manifest names is a video of frames. Raises `ConfigError` like `list_videos`.
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
    """Return the rows. `list_below` lists a folder, `choose` takes what counts among a glob's matches; texts are messages."""
    check_reachable(source)
    source = read_path(source.rstrip("/") or "/")
    if is_manifest_name(source):
        refs = _read_manifest(source)
    elif is_folder(source):
        refs = _number_doubles(list_below(source))
    elif has_entry(source):
        refs = [VideoRef(video_id=_last_name(strip_query(source)), uri=source)]
    elif any(sign in source for sign in "*?["):
        refs = _number_doubles(_name_matches(choose(list_matches(source))))
    else:
        raise ConfigError(
            f"there is nothing at {hide_credentials(source)}: expected {nothing}, a glob, "
            "or a manifest (.csv or .parquet with a column `uri`). Check the path"
        )
    if not refs:
        raise ConfigError(none.format(hide_credentials(source)))
    return refs


def _list_folder_videos(folder: str) -> list[VideoRef]:
    found: list[VideoRef] = []
    for current, prefix, kinds in _follow_folders(folder):
        if kinds is None:
            found.append(VideoRef(video_id=prefix.rstrip("/"), uri=current))
            continue
        videos = [uri for uri, kind in kinds.items() if kind != "directory" and is_video_name(uri)]
        num_folders = sum(kind == "directory" for kind in kinds.values())
        if not videos and not num_folders and any(is_image_name(uri) for uri in kinds):
            found.append(VideoRef(video_id=prefix.rstrip("/") or _last_name(folder), uri=current))
            continue
        found += [VideoRef(video_id=prefix + _last_name(uri), uri=uri) for uri in videos]
        num_others = len(kinds) - len(videos) - num_folders
        if num_others:
            logger.info("%s: left out %d files that are neither videos nor a folder of frames", current, num_others)
    return found


def _list_folder_images(folder: str) -> list[VideoRef]:
    found: list[VideoRef] = []
    for current, prefix, kinds in _follow_folders(folder):
        if kinds is None:
            found.append(VideoRef(video_id=prefix.rstrip("/"), uri=current))
            continue
        files = [uri for uri, kind in kinds.items() if kind != "directory"]
        chosen = [uri for uri in files if is_image_name(uri) or is_video_name(uri)]
        found += [VideoRef(video_id=prefix + _last_name(uri), uri=uri) for uri in chosen]
        if len(chosen) < len(files):
            logger.info("%s: left out %d files that are neither images nor videos", current, len(files) - len(chosen))
    return found


def _follow_folders(folder: str) -> Iterator[tuple[str, str, dict[str, str] | None]]:
    """Yield each folder from `folder` down but run folders: its URI, the part below `folder`, its entries and their kinds.

    The entries are None if they cannot be listed. A folder that is reached by a link from below itself is left out, since all
    that is in it is listed already.
    """
    pending: list[tuple[str, str, tuple[tuple[int, int], ...]]] = [(folder, "", ())]
    visits: Counter[tuple[int, int]] = Counter()
    while pending:
        current, prefix, above = pending.pop()
        try:
            place, kinds = read_place(current), list_kinds(current)
        except InputError as error:
            if current == folder:
                raise
            logger.warning("%s: it becomes a row that fails: %s", current, error)
            yield current, prefix, None
            continue
        if any(_last_name(uri) == "run.yaml" for uri in kinds):
            logger.info("%s: left out, it is a run folder", current)
            continue
        if place is not None:
            visits[place] += 1
            if place in above or visits[place] > _MOST_VISITS:
                logger.warning("%s: left out, it is a link to a folder that is listed already", current)
                continue
            above = (*above, place)
        yield current, prefix, kinds
        folders = [uri for uri, kind in kinds.items() if kind == "directory"]
        pending += [(uri, f"{prefix}{_last_name(uri)}/", above) for uri in reversed(folders)]


def _read_manifest(uri: str) -> list[VideoRef]:
    if not is_file(uri):
        raise ConfigError(f"there is no manifest at {hide_credentials(uri)}: expected a file. Check the path")
    columns = read_manifest_table(uri)
    refs = [
        VideoRef(video_id=video_id, uri=_locate(video, uri))
        for video_id, video in zip(_choose_ids(columns), columns["uri"], strict=True)
    ]
    _check_ids(refs, uri)
    _check_places(refs)
    return refs


def _choose_ids(columns: dict[str, list[str]]) -> list[str]:
    """Return the id of each row: what the manifest says, or else its URI without all that may sign it.

    If rows differ in nothing else, only what does sign it is left out.
    """
    if "video_id" in columns:
        return [hide_by_look(video_id) for video_id in columns["video_id"]]
    short = [strip_credentials(uri) for uri in columns["uri"]]
    counts = Counter(short)
    return [name if counts[name] == 1 else hide_by_look(uri) for name, uri in zip(short, columns["uri"], strict=True)]


def _locate(uri: str, manifest: str) -> str:
    """Return a URI or an absolute path. A relative path counts from the manifest's folder."""
    is_absolute = uri.startswith("/") or has_protocol(uri)
    return uri if is_absolute else f"{strip_query(manifest).rpartition('/')[0]}/{uri}"


def _check_places(refs: Sequence[VideoRef]) -> None:
    """Raise `ConfigError` if not one row can be reached. A row that cannot be reached costs itself alone."""
    error: ConfigError | None = None
    seen: set[str] = set()
    for ref in refs:
        place = "/".join(ref.uri.split("/", 3)[:3]) if has_protocol(ref.uri) else ""  # a protocol, and a bucket or a host
        if place not in seen:
            seen.add(place)
            try:
                check_reachable(ref.uri)
            except ConfigError as found:
                error = found
            else:
                return
            if len(seen) == _MOST_PLACES:
                return  # the others may be reached
    if error is not None:
        raise error


def _name_matches(uris: list[str]) -> list[VideoRef]:
    names = Counter(_last_name(uri) for uri in uris)
    return [VideoRef(video_id=_last_name(uri) if names[_last_name(uri)] == 1 else uri, uri=uri) for uri in uris]


def _is_folder_or_odd(uri: str) -> bool:
    """Return whether a match is a folder, or cannot be looked at, as a link to itself. Its row then says so."""
    try:
        return is_folder(uri)
    except InputError:
        return True


def _number_doubles(refs: Sequence[VideoRef]) -> list[VideoRef]:
    """Return the same videos with ids that can be written, and ` (2)` behind the second of two that are written alike.

    Two names may differ in a byte that is no letter.
    """
    taken, found = set(), []
    for ref in refs:
        name = hide_by_look(render_readable(ref.video_id))
        numbered = (f"{name} ({number})" for number in itertools.count(2))
        video_id = name if name not in taken else next(candidate for candidate in numbered if candidate not in taken)
        taken.add(video_id)
        found.append(replace(ref, video_id=video_id))
    return found


def _check_ids(refs: Sequence[VideoRef], source: str) -> None:
    doubled = [video_id for video_id, count in Counter(ref.video_id for ref in refs).items() if count > 1]
    if doubled:
        raise ConfigError(
            f"{hide_credentials(source)} names {len(doubled)} video ids more than once, the first is {doubled[0]!r}. "
            "Every row needs an id of its own: change `video_id`, or leave that column out"
        )


def is_video_name(uri: str) -> bool:
    """Return whether the name ends as a video file's does."""
    return strip_query(uri).lower().endswith(VIDEO_SUFFIXES)


def read_sequence_name(video_id: str) -> str:
    """Return the name of a video or image in a dataset: the last part of its id, without the ending of such a file."""
    name = _last_name(video_id)
    return name.rpartition(".")[0] if is_video_name(name) or is_image_name(name) else name


def _last_name(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]

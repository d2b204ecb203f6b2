"""Reading, listing and atomically writing files, on the local disk or wherever fsspec reaches."""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import IOBase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import fsspec
from fsspec.implementations.local import LocalFileSystem

from ike_ray.errors import ConfigError, InputError
from ike_ray.storage.faults import translate_faults

_SAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_DIGITS = re.compile(r"(\d+)")
# Where putting an object shows all of it or nothing, and moving one would be a copy and a removal.
_ATOMIC_PUT = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"}


def is_local(uri: str) -> bool:
    """Whether `uri` is on this machine's file system."""
    return isinstance(_resolve(uri)[0], LocalFileSystem)


def is_folder(uri: str) -> bool:
    """Whether `uri` names an existing folder. Raises `TransientError` where the storage does not answer, as all here do."""
    return _find_kind(uri) == "directory"


def is_file(uri: str) -> bool:
    """Whether `uri` names an existing file."""
    return _find_kind(uri) == "file"


def read_path(uri: str) -> str:
    """The plain path of a local `uri`, absolute; any other URI as it is."""
    filesystem, path = _resolve(uri)
    return path if isinstance(filesystem, LocalFileSystem) else uri


def read_size(uri: str) -> int:
    """Bytes of a file. Raises `InputError` where there is no such file."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        return int(filesystem.size(path) or 0)


def open_binary(uri: str) -> IOBase:
    """A seekable stream of the bytes of `uri`. Raises `InputError` where there is no such file."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        kind = _find_kind(uri)
        if kind != "file":
            found = "a folder" if kind else "nothing"
            raise InputError(f"cannot open {uri}: expected a file, found {found}. Check the path")
        return filesystem.open(path, "rb")


def read_bytes(uri: str) -> bytes:
    """The whole content of `uri`. Raises `InputError` where there is no such file."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        return filesystem.cat_file(path)


def write_bytes(uri: str, data: bytes) -> None:
    """Puts `data` at `uri` so that a reader sees the old content or the new, never a part. Creates folders."""
    _put(uri, lambda stream: stream.write(data), lambda filesystem, path: filesystem.pipe_file(path, data))


def write_copy(uri: str, source: Path) -> None:
    """Puts the content of a local file at `uri` as `write_bytes` does, without holding it in memory."""

    def copy(target: BinaryIO) -> None:
        with source.open("rb") as stream:
            shutil.copyfileobj(stream, target)

    _put(uri, copy, lambda filesystem, path: filesystem.put_file(str(source), path))


def _put(uri: str, write: Callable[[BinaryIO], object], send: Callable[[fsspec.AbstractFileSystem, str], object]) -> None:
    """`write` fills a local file, `send` one of any other file system."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        if filesystem.protocol in _ATOMIC_PUT or set(filesystem.protocol) & _ATOMIC_PUT:
            send(filesystem, path)
            return
        folder, _, name = path.rpartition("/")
        filesystem.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.{name[-100:]}.{uuid.uuid4().hex}.tmp"
        try:
            if isinstance(filesystem, LocalFileSystem):
                with Path(temporary).open("wb") as stream:
                    write(stream)
                    stream.flush()
                    os.fsync(stream.fileno())  # else a machine that dies could leave the new name with nothing in it
                Path(temporary).replace(path)
            else:
                send(filesystem, temporary)
                filesystem.mv(temporary, path)
        except OSError:
            if filesystem.exists(temporary):
                filesystem.rm_file(temporary)
            raise


def remove_files(uris: Sequence[str]) -> None:
    """Removes files; those that are not there are no error."""
    for uri in uris:
        filesystem, path = _resolve(uri)
        with translate_faults(uri), suppress(FileNotFoundError):
            filesystem.rm_file(path)


def list_folder(uri: str) -> list[str]:
    """URIs of the entries of a folder in natural order (2 before 10), hidden ones left out. Empty where none exists."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        if _find_kind(uri) != "directory":
            return []
        names = [entry.rstrip("/").rpartition("/")[2] for entry in filesystem.ls(path, detail=False)]
    names = [name for name in names if name and not name.startswith(".")]
    return [join_uri(uri, name) for name in sorted(names, key=natural_key)]


def list_kinds(uri: str) -> dict[str, str]:
    """file, directory or other for each entry of `list_folder`, in its order: asking for each one would take an object
    storage hours for a million."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        if _find_kind(uri) != "directory":
            return {}
        found = {
            entry["name"].rstrip("/").rpartition("/")[2]: str(entry["type"]) for entry in filesystem.ls(path, detail=True)
        }
    kinds = {}
    for name in sorted((name for name in found if name and not name.startswith(".")), key=natural_key):
        entry = join_uri(uri, name)
        # Of a link of this machine the listing does not tell what it leads to.
        kinds[entry] = found[name] if found[name] in {"file", "directory"} else _find_kind(entry) or found[name]
    return kinds


def list_sizes(uri: str) -> dict[str, int]:
    """Bytes of each file of a folder and of those below it, by its path. Empty where none exists."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        return {str(name): int(entry["size"]) for name, entry in filesystem.find(path, detail=True).items()}


def list_matches(pattern: str) -> list[str]:
    """URIs that match a glob pattern, in natural order."""
    filesystem, path = _resolve(pattern)
    with translate_faults(pattern):
        matches = sorted((str(match) for match in filesystem.glob(path)), key=natural_key)
    return matches if isinstance(filesystem, LocalFileSystem) else [filesystem.unstrip_protocol(m) for m in matches]


def join_uri(uri: str, *names: str) -> str:
    """`uri` extended by names that must stay below it. Raises `InputError` for one that would not, such as `../x`."""
    for name in names:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\x00" in name or "\\" in name:
            raise InputError(f"cannot use {name!r} as a name below {uri}: it would lead elsewhere. Rename it")
    return "/".join([uri.rstrip("/") or "/", *names])


def safe_name(identifier: str, *, longest: int = 80) -> str:
    """`identifier` reduced to letters, digits, `.`, `_` and `-`, for a file name; different identifiers may collide."""
    return _SAFE_NAME.sub("_", identifier)[-longest:].strip("._") or "video"


def safe_path(identifier: str) -> str:
    """`identifier` as a path that stays below the folder it is joined to: `s3://b/x/../a.mp4` becomes `s3_/b/x/a.mp4`."""
    return "/".join(safe_name(part) for part in identifier.split("/") if part.strip(".")) or "video"


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which `frame2` comes before `frame10`."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(name) if part]


def _find_kind(uri: str) -> str | None:
    """file, directory, or None. fsspec's own `isfile` takes a storage that does not answer for a missing file."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri), suppress(FileNotFoundError, NotADirectoryError):
        return str(filesystem.info(path)["type"])
    return None


def _resolve(uri: str) -> tuple[fsspec.AbstractFileSystem, str]:
    try:
        return fsspec.core.url_to_fs(uri, use_listings_cache=False)  # others write there too
    except (ImportError, ValueError) as error:
        raise ConfigError(f"cannot reach {uri}: {error}") from error

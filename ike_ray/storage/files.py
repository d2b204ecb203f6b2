"""Reading, listing and atomically writing files, on the local disk or wherever fsspec reaches."""

import errno
import os
import re
import shutil
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import IOBase
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem

from ike_ray.errors import ConfigError, InputError, TransientError
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.faults import has_no_credentials, is_missing, translate_faults

_SAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_DIGITS = re.compile(r"(\d+)")
# With these protocols, putting an object shows all of it or nothing, and moving one would be a copy and a removal.
_ATOMIC_PUT = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"}
# With these protocols requests are signed, so that nothing can be asked for without credentials.
_SIGNED = {"s3", "s3a"}
# The beginning of a URI. Anything else is a path: /v/a://b.mp4 is one, and so is data:x.mp4.
_PROTOCOL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_EXPECTED = "Expected a path, or a URI such as s3://bucket/name"
# The kinds of fsspec, in words for a reader.
_KINDS = {None: "nothing", "directory": "a folder", "other": "a pipe, a socket or a device"}


def is_local(uri: str) -> bool:
    """Return whether `uri` is on this machine's file system.

    Raises `InputError` for a URI that nothing here can reach, as all functions here do.
    """
    return isinstance(_resolve(uri)[0], LocalFileSystem)


def has_protocol(uri: str) -> bool:
    """Return whether `uri` is a URI and not a path."""
    return _PROTOCOL.match(uri) is not None


def check_reachable(uri: str) -> None:
    """Raise `ConfigError` if nothing here can reach a URI of a command or a setting.

    Its protocol may be unknown, or a package or credentials may be missing. An S3 is asked for it, whatever it answers.
    """
    try:
        protocol, _ = _find_class(uri)
    except InputError as error:
        raise ConfigError(str(error)) from error
    if protocol not in _SIGNED:
        return
    try:
        _find_kind(uri)
    except InputError as error:
        if has_no_credentials(error):
            raise ConfigError(str(error)) from error
    except TransientError:
        pass  # whoever reads it tries again


def is_folder(uri: str) -> bool:
    """Return whether `uri` names an existing folder. Raises `TransientError`, as all here do, if the storage is silent."""
    return _find_kind(uri) == "directory"


def is_file(uri: str) -> bool:
    """Return whether `uri` names an existing file."""
    return _find_kind(uri) == "file"


def has_entry(uri: str) -> bool:
    """Return whether anything has the name `uri`: a file, a folder, a pipe."""
    return _find_kind(uri) is not None


def read_path(uri: str) -> str:
    """Return the plain absolute path of a local `uri`, and any other URI as it is."""
    filesystem, path = _resolve(uri)
    return path if isinstance(filesystem, LocalFileSystem) else uri


def read_size(uri: str) -> int:
    """Return the number of bytes of a file. Raises `InputError` if there is no such file."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        return int(filesystem.size(path) or 0)


def open_binary(uri: str) -> IOBase:
    """Return a seekable stream of the bytes of `uri`. Raises `InputError` if there is no such file."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        kind = _find_kind(uri)
        if kind != "file":
            found = _KINDS.get(kind, str(kind))
            raise InputError(f"cannot open {hide_credentials(uri)}: expected a file, found {found}. Check the path")
        return filesystem.open(path, "rb")


def read_bytes(uri: str) -> bytes:
    """Return the whole content of `uri`. Raises `InputError` if there is no such file."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        if isinstance(filesystem, LocalFileSystem):  # which would wait for ever at a pipe that nobody writes to
            with open_binary(uri) as stream:
                return stream.read()
        return filesystem.cat_file(path)


def write_bytes(uri: str, data: bytes) -> None:
    """Put `data` at `uri` so that a reader sees the old content or the new, never a part. Folders are created."""
    _put(uri, lambda stream: stream.write(data), lambda filesystem, path: filesystem.pipe_file(path, data))


def write_copy(uri: str, source: Path) -> None:
    """Put the content of a local file at `uri` as `write_bytes` does, without holding it in memory."""

    def copy(target: BinaryIO) -> None:
        with source.open("rb") as stream:
            shutil.copyfileobj(stream, target)

    _put(uri, copy, lambda filesystem, path: filesystem.put_file(str(source), path))


def create_bytes(uri: str, data: bytes) -> bool:
    """Put `data` at `uri` if nothing is there, and return whether it was so. If several try at once, only one gets True.

    On a disk a file with all its content gets its name by a link, which fails if the name is taken. An object storage
    decides by itself (S3 by `If-None-Match`) if it can: AWS, MinIO, R2, Google and Azure can.
    """
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        if not isinstance(filesystem, LocalFileSystem):
            try:
                filesystem.pipe_file(path, data, mode="create")
            except FileExistsError:
                return False
            except OSError as error:
                if _is_refused_as_taken(error):
                    return False
                raise
            return True
        folder, _, name = path.rpartition("/")
        filesystem.makedirs(folder, exist_ok=True)
        temporary = Path(folder) / f".{name[-100:]}.{uuid.uuid4().hex}.tmp"
        try:
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            return _create_link(temporary, Path(path))
        finally:
            temporary.unlink(missing_ok=True)


def _create_link(temporary: Path, path: Path) -> bool:
    """Give a finished file its name unless that is taken, and return whether it got it."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        # On a disk without links (exFAT, some mounts of object storage) a reader may see the file before it is filled.
        try:
            with path.open("xb") as stream:
                stream.write(temporary.read_bytes())
        except FileExistsError:
            return False
    return True


def _is_refused_as_taken(error: OSError) -> bool:
    """Return whether S3 refused a conditional write, since an object is there (412) or another write was faster (409)."""
    response = getattr(error.__cause__, "response", {})
    return response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (409, 412)


def _put(uri: str, write: Callable[[BinaryIO], object], send: Callable[[fsspec.AbstractFileSystem, str], object]) -> None:
    """Put a file at `uri`: `write` fills a local file, and `send` puts one into any other file system."""
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
                    os.fsync(stream.fileno())  # without it a machine that dies could leave the new name empty
                Path(temporary).replace(path)
            else:
                send(filesystem, temporary)
                filesystem.mv(temporary, path)
        except OSError:
            if filesystem.exists(temporary):
                filesystem.rm_file(temporary)
            raise


def remove_files(uris: Sequence[str]) -> None:
    """Remove files. Those that are not there are no error."""
    for uri in uris:
        filesystem, path = _resolve(uri)
        with translate_faults(uri), suppress(FileNotFoundError):
            filesystem.rm_file(path)


def list_folder(uri: str) -> list[str]:
    """Return the URIs of a folder's entries in natural order (2 before 10) without hidden ones. No folder has none."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        if _find_kind(uri) != "directory":
            return []
        names = [entry.rstrip("/").rpartition("/")[2] for entry in filesystem.ls(path, detail=False)]
    names = [name for name in names if name and not name.startswith(".")]
    return [_join_entry(uri, name) for name in sorted(names, key=natural_key)]


def list_kinds(uri: str) -> dict[str, str]:
    """Return file, directory or other for each entry of `list_folder`, in its order.

    To ask an object storage for each of a million would take hours. What cannot be looked at, such as a link to itself, is
    other.
    """
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        if _find_kind(uri) != "directory":
            return {}
        found = {
            entry["name"].rstrip("/").rpartition("/")[2]: str(entry["type"]) for entry in filesystem.ls(path, detail=True)
        }
    kinds = {}
    for name in sorted((name for name in found if name and not name.startswith(".")), key=natural_key):
        entry, kind = _join_entry(uri, name), found[name]
        if kind not in {"file", "directory"}:  # for a link on this machine the listing does not tell what it leads to
            with suppress(InputError):
                kind = _find_kind(entry) or kind
        kinds[entry] = kind
    return kinds


def list_sizes(uri: str) -> dict[str, int]:
    """Return the number of bytes of each file of a folder and below it, by its path. No folder has none."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        return {str(name): int(entry["size"]) for name, entry in filesystem.find(path, detail=True).items()}


def list_matches(pattern: str) -> list[str]:
    """Return the URIs that match a glob pattern, in natural order."""
    filesystem, path = _resolve(pattern)
    with translate_faults(pattern):
        matches = sorted((str(match) for match in filesystem.glob(path)), key=natural_key)
    return matches if isinstance(filesystem, LocalFileSystem) else [filesystem.unstrip_protocol(m) for m in matches]


def join_uri(uri: str, *names: str) -> str:
    """Return `uri` extended by names that must stay below it. Raises `InputError` for one that would not, such as `../x`."""
    for name in names:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\x00" in name or "\\" in name:
            raise InputError(f"cannot use {name!r} as a name below {uri}: it would lead elsewhere. Rename it")
    return "/".join([uri.rstrip("/") or "/", *names])


def _join_entry(uri: str, name: str) -> str:
    """Return the URI of an entry that a listing named. Whatever it is called, it lies there."""
    return f"{uri.rstrip('/')}/{name}"


def read_place(uri: str) -> tuple[int, int] | None:
    """Return two numbers that tell a folder of this machine from all others, by whatever link it is reached.

    Return None for an object storage, which has no links.
    """
    filesystem, path = _resolve(uri)
    if not isinstance(filesystem, LocalFileSystem):
        return None
    with translate_faults(uri):
        found = Path(path).stat()
    return found.st_dev, found.st_ino


def strip_query(uri: str) -> str:
    """Return a web address without its query. In a path, `?` is a letter like others."""
    is_address = uri.startswith(("http://", "https://"))
    return re.split(r"[?#]", uri, maxsplit=1)[0] if is_address else uri.partition("?versionId=")[0]


def safe_name(identifier: str, *, longest: int = 80) -> str:
    """Return `identifier` reduced to letters, digits, `.`, `_` and `-`, for a file name. Different ones may collide."""
    return _SAFE_NAME.sub("_", identifier)[-longest:].strip("._") or "video"


def safe_path(identifier: str) -> str:
    """Return `identifier` as a path that stays below any folder: `s3://b/x/../a.mp4` becomes `s3_/b/x/a.mp4`."""
    return "/".join(safe_name(part) for part in identifier.split("/") if part.strip(".")) or "video"


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key under which `frame2` comes before `frame10`."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(name) if part]


def _find_kind(uri: str) -> str | None:
    """Return file, directory, other or None. fsspec's own `isfile` takes a storage that is silent for a missing file."""
    filesystem, path = _resolve(uri)
    with translate_faults(uri):
        try:
            return str(filesystem.info(path)["type"])
        except (FileNotFoundError, NotADirectoryError) as error:
            if is_missing(error):
                return None
            raise


def _resolve(uri: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """Return the file system of a path or a URI, and the path in it.

    `fsspec.core.url_to_fs` takes `a::b` for a chain of two file systems. Here it is the name of a file.
    """
    protocol, kind = _find_class(uri)
    with translate_faults(uri):
        try:
            if protocol in ("http", "https"):
                _ = urlsplit(uri).port  # a ValueError for an address that aiohttp would not take
            # Others write there too, so no listing is kept.
            filesystem = fsspec.filesystem(protocol, use_listings_cache=False, **kind._get_kwargs_from_urls(uri))
            return filesystem, kind._strip_protocol(uri)
        except (ValueError, TypeError, AttributeError, NotImplementedError) as error:  # a protocol that is no place of files
            raise InputError(hide_credentials(f"cannot reach {uri}: {error}. {_EXPECTED}")) from error


def _find_class(uri: str) -> tuple[str, type[fsspec.AbstractFileSystem]]:
    """Return the protocol of a path or a URI, and the class of its file systems. Raises `InputError` if none is known."""
    found = _PROTOCOL.match(uri)
    protocol = found[1] if found else "file"
    try:
        if "\x00" in uri:
            raise ValueError("there is a zero byte in its name")
        return protocol, fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        raise InputError(hide_credentials(f"cannot reach {uri}: {error}. Then give the same command again")) from error
    except ValueError as error:
        raise InputError(hide_credentials(f"cannot reach {uri}: {error}. {_EXPECTED}")) from error

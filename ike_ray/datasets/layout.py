"""How to find one's way in a dataset's folders, and to say what is wrong with them."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.sequence import Encoding, TrueFrame
from ike_ray.errors import InputError
from ike_ray.storage.files import is_file, is_folder, list_folder, read_bytes

# These are the suffixes of `video.folder_reader`, since the index of a frame must count what it counts.
FRAME_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".tif", ".tiff")
_SHOWN_NAMES = 8


def list_stems(folder: str, suffixes: tuple[str, ...] = FRAME_SUFFIXES) -> dict[str, str]:
    """Return the URIs of a folder's files with such an ending by their stems, in natural order. No folder has none."""
    return {read_stem(uri): uri for uri in list_folder(folder) if uri.lower().endswith(suffixes)}


def list_names(folder: str) -> list[str]:
    """Return the names of the folders in a folder, in natural order. The list is empty if there is no folder."""
    return [uri.rpartition("/")[2] for uri in list_folder(folder) if is_folder(uri)]


def read_stem(uri: str) -> str:
    """Return the name of a file without its ending."""
    return PurePosixPath(uri).stem


def read_lines(uri: str) -> list[str]:
    """Return the lines of a text file that are not blank. Raises `InputError` if there are none."""
    lines = [line.strip() for line in read_bytes(uri).decode(errors="replace").splitlines() if line.strip()]
    if not lines:
        raise InputError(f"cannot use {uri}: expected a line for each entry, found an empty file. Extract it again")
    return lines


def read_split(uri: str, root: str, description: DatasetDescription) -> list[str]:
    """Return the lines of a split's file. Raises `InputError`, which shows the expected tree, if there is no such split."""
    if not is_file(uri):
        raise build_missing_error(f"split {read_stem(uri)!r}", uri, root, description)
    return read_lines(uri)


def list_true_frames(
    frames_uri: str,
    truths: Mapping[str, tuple[str, ...]],
    *,
    threshold: int = 1,
    encoding: Encoding = "grey",
    codes: tuple[int, ...] = (),
) -> tuple[TrueFrame, ...]:
    """Return the frames of a folder that have truth files, in the order of the frames.

    `truths` has the truth files by the stem of their frame. Raises `InputError` if the folder has no such frame.
    """
    images = [uri for uri in list_folder(frames_uri) if uri.lower().endswith(FRAME_SUFFIXES)]
    indices = {read_stem(uri): index for index, uri in enumerate(images)}
    for stem, uris in truths.items():
        if stem not in indices:
            raise InputError(
                f"cannot use {uris[0]}: expected its frame {stem} in {frames_uri}, found {len(images)} others. "
                "Extract the frames again"
            )
    frames = [
        TrueFrame(index=indices[stem], name=stem, mask_uris=uris, threshold=threshold, encoding=encoding, codes=codes)
        for stem, uris in truths.items()
    ]
    return tuple(sorted(frames, key=lambda frame: frame.index))


def build_missing_error(what: str, uri: str, root: str, description: DatasetDescription) -> InputError:
    """Return the error that `uri`, below `root`, is not there. It shows what is there instead, and the expected tree."""
    return InputError(
        f"no {what} of {description.title} in {root}: expected {uri}, found {_describe_nearest(uri, root)}. "
        f"The expected tree is\n{description.expected_tree}"
    )


def build_split_error(split: str, description: DatasetDescription) -> InputError:
    """Return the error that a dataset has no such split, whatever its folder holds."""
    return InputError(
        f"there is no split {split!r} of {description.title}: expected {' or '.join(description.splits)}. "
        f"The expected tree is\n{description.expected_tree}"
    )


def _describe_nearest(uri: str, root: str) -> str:
    """Return what lies in the folder that `uri` should be in, or in the nearest folder that exists."""
    folder = uri
    while len(folder) > len(root) and not is_folder(folder):
        folder = folder.rpartition("/")[0]
    if not is_folder(folder):
        return f"no folder {folder}"
    names = [entry.rpartition("/")[2] for entry in list_folder(folder)]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return f"{', '.join(names[:_SHOWN_NAMES]) or 'nothing'}{more} in {folder}"

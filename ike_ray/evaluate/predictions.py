"""What a system wrote: masks, soft maps or numbers of objects, from a run folder or from a folder of PNG files."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Integer, UInt8

from ike_ray.datasets.description import Kind
from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.errors import InputError
from ike_ray.masks.png import read_mask_png, read_numbers_png, read_soft_png
from ike_ray.masks.rle import read_rle
from ike_ray.metrics.levels import scale_soft_mask
from ike_ray.run.clusters import read_seed_labels
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import is_file, is_folder, join_uri, read_bytes
from ike_ray.video.manifest import read_sequence_name

_SHOWN_NAMES = 8
_HALF = 0.5
# The sides of a frame and of its smaller truth may differ by this much, since they are rounded.
_ROUNDING_PX = 1.0
_Image = TypeVar("_Image", bound=np.ndarray)

Numbers = Integer[np.ndarray, "H W"]


@runtime_checkable
class Predictions(Protocol):
    """Where a system's masks come from. It can be pickled and is small: pixels are read when they are asked for."""

    def list_masks(self, sequence: str) -> "SequenceMasks":
        """Return the masks of a sequence, or of an image. Raises `InputError` if the system was never asked for it."""
        ...


@runtime_checkable
class SequenceMasks(Protocol):
    """What a system wrote of one sequence. Each method returns None for a frame of which there is nothing."""

    failure: str | None  # why there is nothing, if the system tried and failed

    def read(self, frame: TrueFrame) -> Bool[np.ndarray, "H W"] | None:
        """Return the mask."""
        ...

    def read_soft(self, frame: TrueFrame) -> Float64[np.ndarray, "H W"] | None:
        """Return the soft map, in [0, 1]."""
        ...

    def read_numbers(self, frame: TrueFrame) -> UInt8[np.ndarray, "H W"] | None:
        """Return the number of the object at each pixel, or 0 for none."""
        ...

    def read_clusters(self, frame: TrueFrame) -> tuple[Numbers, ...] | None:
        """Return the number of the cluster at each pixel, the same in all images: a map for each seed of the system.

        Raises `InputError` if the system has no clusters.
        """
        ...


def open_predictions(uri: str, kind: Kind = "video") -> Predictions:
    """Return what is below `uri`: a run's masks if there is a `run.yaml`, and PNG files otherwise.

    PNG files are `<sequence>/<frame>.png`, or `<image>.png` for images.
    """
    if is_run(uri):
        return _RunPredictions(open_run(uri))
    if not is_folder(uri):
        raise InputError(
            f"there is no folder {uri}: expected a run, or PNG masks as <sequence>/<frame>.png, for images <image>.png. "
            "Check the path"
        )
    return _VideoFolder(uri) if kind == "video" else _ImageFolder(uri)


def is_run(uri: str) -> bool:
    """Return whether `uri` is a run folder."""
    return is_file(join_uri(uri, "run.yaml"))


class _RunPredictions:
    def __init__(self, run: RunFolder) -> None:
        self._run = run
        outcomes = run.read_outcomes(["video_id", "status", "error_message"]).to_pylist()
        self._by_id = {outcome["video_id"]: outcome for outcome in outcomes}
        self._by_name: dict[str, list[dict[str, Any]]] = {}
        for outcome in outcomes:
            self._by_name.setdefault(read_sequence_name(outcome["video_id"]), []).append(outcome)

    def list_masks(self, sequence: str) -> SequenceMasks:
        outcome = self._by_id.get(sequence) or self._find_by_name(sequence)
        if outcome["status"] != "ok":
            return _RunMasks(self._run, outcome["video_id"], [], f"{outcome['status']}: {outcome['error_message']}")
        return _RunMasks(self._run, outcome["video_id"], self._run.read_frames(outcome["video_id"]), None)

    def _find_by_name(self, sequence: str) -> dict[str, Any]:
        """Return the outcome of the video whose id ends as the sequence's name does."""
        found = self._by_name.get(sequence.rpartition("/")[2], [])
        if len(found) > 1:
            raise InputError(
                f"{self._run.uri} has {len(found)} videos that end in the name of sequence {sequence!r}, such as "
                f"{found[0]['video_id']} and {found[1]['video_id']}, so they cannot be told apart. Evaluate a run over the "
                "frame folders of the dataset, or with the names of its sequences as ids in the manifest"
            )
        if not found:
            names = sorted(self._by_name)
            more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
            raise InputError(
                f"{self._run.uri} has no video {sequence!r}: found {', '.join(names[:_SHOWN_NAMES]) or 'none'}{more}. "
                "Run the job on all of the dataset, as its manifest names it, or evaluate another split"
            )
        return found[0]


class _RunMasks:
    def __init__(self, run: RunFolder, video_id: str, rows: list[dict[str, Any]], failure: str | None) -> None:
        self._rows = {row["frame_index"]: row for row in rows}
        self._soft_folder = run.file("soft", run.video_name(video_id))
        self._has_soft = bool(rows) and is_folder(self._soft_folder)
        self._run, self.failure = run, failure
        self._labels: list[dict[tuple[int, int], int]] | None = None  # one for each seed, read when they are asked for

    def read(self, frame: TrueFrame) -> Bool[np.ndarray, "H W"] | None:
        row = self._rows.get(frame.index)
        return None if row is None else read_rle(row["mask"])

    def read_soft(self, frame: TrueFrame) -> Float64[np.ndarray, "H W"] | None:
        if not self._has_soft:
            mask = self.read(frame)
            return None if mask is None else mask.astype(np.float64)
        uri = join_uri(self._soft_folder, f"{frame.index:05d}.png")
        return read_soft_png(read_bytes(uri), uri) if is_file(uri) else None

    def read_numbers(self, frame: TrueFrame) -> UInt8[np.ndarray, "H W"] | None:
        row = self._rows.get(frame.index)
        if row is None:
            return None
        if row["objects"] is None:
            return read_rle(row["mask"]).astype(np.uint8)
        numbers = np.zeros([int(side) for side in row["mask"]["size"]], dtype=np.uint8)
        for entry in row["objects"]:
            numbers[read_rle(entry["mask"])] = entry["number"]
        return numbers

    def read_clusters(self, frame: TrueFrame) -> tuple[Numbers, ...] | None:
        row = self._rows.get(frame.index)
        if row is None:
            return None
        if self._labels is None:
            self._labels = read_seed_labels(self._run, row["video_id"])
        maps = []
        for labels in self._labels:
            clusters = np.zeros([int(side) for side in row["mask"]["size"]], dtype=np.int32)
            for entry in row["objects"] or [{"number": 1, "mask": row["mask"]}]:
                clusters[read_rle(entry["mask"])] = labels.get((frame.index, entry["number"]), 0)
            maps.append(clusters)
        return tuple(maps)


class _VideoFolder:
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def list_masks(self, sequence: str) -> SequenceMasks:
        folder = join_uri(self._folder, sequence)
        if not is_folder(folder):
            raise InputError(
                f"there are no masks of sequence {sequence!r}: expected the folder {folder} with PNG masks in it. "
                "Check the path, or write the masks there"
            )
        return _VideoPngs(folder)


class _VideoPngs:
    """`<frame>.png` in the folder of a sequence. A pixel that is not black is object."""

    failure: str | None = None

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def read(self, frame: TrueFrame) -> Bool[np.ndarray, "H W"] | None:
        return _read_png(self._locate(frame), read_mask_png)

    def read_soft(self, frame: TrueFrame) -> Float64[np.ndarray, "H W"] | None:
        return _read_png(self._locate(frame), read_soft_png)

    def read_numbers(self, frame: TrueFrame) -> UInt8[np.ndarray, "H W"] | None:
        return _read_png(self._locate(frame), read_numbers_png)

    def read_clusters(self, frame: TrueFrame) -> tuple[Numbers, ...] | None:
        return _wrap(self.read_numbers(frame))

    def _locate(self, frame: TrueFrame) -> str:
        return join_uri(self._folder, f"{frame.name}.png")


class _ImageFolder:
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def list_masks(self, sequence: str) -> SequenceMasks:
        return _ImagePng(join_uri(self._folder, f"{sequence}.png"))


class _ImagePng:
    """`<image>.png`, a mask or a soft map. A pixel with at least half of its own range is object."""

    failure: str | None = None

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def read(self, frame: TrueFrame) -> Bool[np.ndarray, "H W"] | None:
        soft = self.read_soft(frame)
        return None if soft is None else scale_soft_mask(soft) >= _HALF

    def read_soft(self, frame: TrueFrame) -> Float64[np.ndarray, "H W"] | None:
        return _read_png(self._uri, read_soft_png)

    def read_numbers(self, frame: TrueFrame) -> UInt8[np.ndarray, "H W"] | None:
        return _read_png(self._uri, read_numbers_png)

    def read_clusters(self, frame: TrueFrame) -> tuple[Numbers, ...] | None:
        return _wrap(self.read_numbers(frame))


def _wrap(numbers: Numbers | None) -> tuple[Numbers, ...] | None:
    return None if numbers is None else (numbers,)


def _read_png(uri: str, read: Callable[[bytes, str], _Image]) -> _Image | None:
    return read(read_bytes(uri), uri) if is_file(uri) else None


def complete_frame(found: _Image | None, empty: _Image, sequence: AnnotatedSequence, frame: TrueFrame) -> _Image:
    """Return what was found of a frame, or `empty`, which is as large as the truth, if nothing was found.

    Raises `InputError` if it has another size than the truth.
    """
    if found is None:
        return empty
    if found.shape != empty.shape:
        raise InputError(
            f"the mask of {sequence.name}, frame {frame.name}, has {found.shape[0]} x {found.shape[1]} pixels, the truth "
            f"{empty.shape[0]} x {empty.shape[1]}. Write masks at the size of the dataset's frames"
        )
    return found


def complete_shrunk_mask(
    found: Bool[np.ndarray, "H W"] | None, empty: Bool[np.ndarray, "th tw"], sequence: AnnotatedSequence, frame: TrueFrame
) -> Bool[np.ndarray, "th tw"]:
    """Return the same as `complete_frame`, for datasets some of whose truths are smaller than their frames.

    A mask is brought to the size of the truth, by the nearest pixel, if both have the same aspect ratio.
    """
    if found is not None and found.shape != empty.shape:
        (height, width), (true_height, true_width) = found.shape, empty.shape
        if abs(height * true_width / width - true_height) < _ROUNDING_PX:
            small = cv2.resize(found.astype(np.uint8), (true_width, true_height), interpolation=cv2.INTER_NEAREST)
            return small.astype(bool)
    return complete_frame(found, empty, sequence, frame)

"""The masks of a system, from a run folder or a folder of PNG masks."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool

from ike_ray.datasets.sequence import TrueFrame
from ike_ray.errors import InputError
from ike_ray.masks.png import read_mask_png
from ike_ray.masks.rle import Rle, read_rle
from ike_ray.storage.files import is_file, is_folder, join_uri, read_bytes
from ike_ray.storage.run_description import open_run
from ike_ray.storage.run_folder import RunFolder
from ike_ray.video.manifest import read_sequence_name


@runtime_checkable
class Predictions(Protocol):
    """Where a system's masks come from."""

    def list_masks(self, sequence: str) -> "SequenceMasks":
        """The masks of a sequence. Raises `InputError` where the system was never asked for it."""
        ...


@runtime_checkable
class SequenceMasks(Protocol):
    """The masks of one sequence."""

    failure: str | None  # why there are none, where the system tried and failed

    def read(self, frame: TrueFrame) -> Bool[np.ndarray, "H W"] | None:
        """The mask of a frame; None where there is none."""
        ...


def open_predictions(uri: str) -> Predictions:
    """The masks below `uri`: a run's if there is a `run.yaml`, else PNG masks `<sequence>/<frame>.png`."""
    if is_file(join_uri(uri, "run.yaml")):
        return _RunPredictions(open_run(uri))
    if is_folder(uri):
        return _PngPredictions(uri)
    raise InputError(f"there is no folder {uri}: expected a run, or PNG masks as <sequence>/<frame>.png. Check the path")


class _RunPredictions:
    def __init__(self, run: RunFolder) -> None:
        self._run = run
        outcomes = run.read_outcomes(["video_id", "status", "error_message"]).to_pylist()
        self._outcomes = {read_sequence_name(outcome["video_id"]): outcome for outcome in outcomes}
        if len(self._outcomes) < len(outcomes):
            raise InputError(
                f"{run.uri} has videos whose ids end in the same name, so sequences cannot be told apart. "
                "Evaluate a run over the frame folders of the dataset"
            )

    def list_masks(self, sequence: str) -> SequenceMasks:
        outcome = self._outcomes.get(sequence)
        if outcome is None:
            raise InputError(
                f"{self._run.uri} has no video {sequence!r}: found {', '.join(sorted(self._outcomes)) or 'none'}. "
                "Run `ike-ray segment` on all frame folders of the dataset, or evaluate another split"
            )
        if outcome["status"] != "ok":
            return _RleMasks({}, f"{outcome['status']}: {outcome['error_message']}")
        rows = self._run.read_frames(outcome["video_id"])
        return _RleMasks({row["frame_index"]: row["mask"] for row in rows}, None)


class _RleMasks:
    def __init__(self, codes: dict[int, Rle], failure: str | None) -> None:
        self._codes, self.failure = codes, failure

    def read(self, frame: TrueFrame) -> Bool[np.ndarray, "H W"] | None:
        code = self._codes.get(frame.index)
        return None if code is None else read_rle(code)


class _PngPredictions:
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def list_masks(self, sequence: str) -> SequenceMasks:
        folder = join_uri(self._folder, sequence)
        if not is_folder(folder):
            raise InputError(
                f"there are no masks of sequence {sequence!r}: expected the folder {folder} with PNG masks in it"
            )
        return _PngMasks(folder)


class _PngMasks:
    failure: str | None = None

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def read(self, frame: TrueFrame) -> Bool[np.ndarray, "H W"] | None:
        uri = join_uri(self._folder, f"{frame.name}.png")
        return read_mask_png(read_bytes(uri), uri) if is_file(uri) else None

"""Pictures of the truth for the page of a run that was evaluated: truth/NAME.jpg, with a tile for each of the video's
tiles."""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.errors import InputError
from ike_ray.masks.overlay import render_overlay
from ike_ray.report.scores import RunScores, read_scores
from ike_ray.run.folder import RunFolder
from ike_ray.run.tiles import build_jpeg, choose_tile_size
from ike_ray.storage.files import is_file, is_folder, read_bytes

_NUMBER = 2  # the number of the truth's colour, which is another than that of a mask


def write_truth(run: RunFolder, *, report: Callable[[str], None] = lambda video_id: None) -> int | None:
    """Write the pictures of all videos that are sequences of the dataset that the run was evaluated on, and return how many.

    Return None if the run was not evaluated, or the dataset is no longer where it was. A frame that has no truth, or is not
    scored, is shown grey. `report` is called with the id of each video.
    """
    scores = read_scores(run)
    if scores is None or not is_folder(scores.summary["root"]):
        return None
    sequences = _list_by_name(scores)
    num_written = 0
    for outcome in run.read_outcomes(["video_id", "status", "tiles", "height", "width"]).to_pylist():
        video_id = outcome["video_id"]
        sequence = sequences.get(scores.find_sequence(video_id) or "")
        strip_uri = run.file("layers", f"{run.video_name(video_id)}.jpg")
        if sequence is None or outcome["status"] != "ok" or not is_file(strip_uri):
            continue
        frames = _read_frame_tiles(strip_uri, outcome)
        run.write_file(_build_truth(sequence, outcome["tiles"], frames), "truth", f"{run.video_name(video_id)}.jpg")
        num_written += 1
        report(video_id)
    return num_written


def _list_by_name(scores: RunScores) -> dict[str, AnnotatedSequence]:
    summary = scores.summary
    return {sequence.name: sequence for sequence in list_sequences(summary["dataset"], summary["root"], summary["split"])}


def _read_frame_tiles(uri: str, outcome: dict[str, Any]) -> list[UInt8[np.ndarray, "tile_h tile_w 3"]]:
    """Return the frames in the picture of layers, which are its first row."""
    data = read_bytes(uri)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    if image is None:
        raise InputError(f"cannot read {uri}: expected a JPEG picture, found {len(data)} bytes that are none. Remove it")
    width, height = choose_tile_size(outcome["height"], outcome["width"])
    return [image[:height, column * width : (column + 1) * width] for column in range(len(outcome["tiles"]))]


def _build_truth(
    sequence: AnnotatedSequence, indices: Sequence[int], frames: list[UInt8[np.ndarray, "tile_h tile_w 3"]]
) -> bytes:
    by_index = {frame.index: frame for frame in sequence.scored_frames}
    tiles = [_render_truth(by_index.get(index), frame) for index, frame in zip(indices, frames, strict=True)]
    return build_jpeg(np.concatenate(tiles, axis=1))


def _render_truth(
    true_frame: TrueFrame | None, frame: UInt8[np.ndarray, "tile_h tile_w 3"]
) -> UInt8[np.ndarray, "tile_h tile_w 3"]:
    if true_frame is None:
        return np.repeat((frame.mean(axis=-1, keepdims=True) / 2).astype(np.uint8), 3, axis=-1)
    size = (frame.shape[1], frame.shape[0])
    mask = cv2.resize(true_frame.read_mask().astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return render_overlay(frame, {_NUMBER: mask})

"""Sequences of a few pixels with their truth, and what systems made of them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ike_ray.datasets.sequence import AnnotatedSequence, Encoding, TrueFrame
from ike_ray.evaluate.benchmark import Benchmark, Evaluation, evaluate_predictions
from ike_ray.evaluate.predictions import open_predictions
from ike_ray.evaluate.scores import DatasetScores
from ike_ray.evaluate.system import System


def draw_row(*pixels: int) -> np.ndarray:
    """An image of one row."""
    return np.array([pixels], dtype=np.uint8)


def write_sequence(
    folder: Path, name: str, truths: Sequence[np.ndarray], *, encoding: Encoding = "grey", class_name: str | None = None
) -> AnnotatedSequence:
    """A sequence all of whose frames are scored."""
    return AnnotatedSequence(
        name=name,
        frames_uri=f"{folder}/frames/{name}",
        scored_frames=tuple(
            TrueFrame(index=index, name=f"{index:05d}", mask_uris=(uri,), encoding=encoding)
            for index, uri in enumerate(write_masks(folder / "truth", name, truths))
        ),
        class_name=class_name,
    )


def write_image(folder: Path, name: str, truth: np.ndarray, *, encoding: Encoding = "grey") -> AnnotatedSequence:
    """An image: a sequence of one frame."""
    uri = f"{folder}/truth/{name}.png"
    Path(uri).parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(uri, truth)
    frame = TrueFrame(index=0, name=name, mask_uris=(uri,), encoding=encoding)
    return AnnotatedSequence(name=name, frames_uri=f"{folder}/images/{name}.jpg", scored_frames=(frame,))


def write_masks(folder: Path, name: str, masks: Sequence[np.ndarray | None]) -> list[str]:
    """Write PNG files of the frames that have a mask, and return the names of all frames."""
    uris = [f"{folder}/{name}/{index:05d}.png" for index in range(len(masks))]
    (folder / name).mkdir(parents=True, exist_ok=True)
    for uri, mask in zip(uris, masks, strict=True):
        if mask is not None:
            cv2.imwrite(uri, mask.astype(np.uint8))
    return uris


def build_benchmark(sequences: Sequence[AnnotatedSequence], **changes: object) -> Benchmark:
    """A benchmark of hand-made sequences, of the protocol of DAVIS-2016 unless another is given."""
    values: dict = {"dataset": "davis2016", "split": "val", "usual_split": "val", "root": "/data", "kind": "video"}
    values |= {"protocol": "regions", "merged": (), "sequences": tuple(sequences)}
    return Benchmark(**(values | changes))


def evaluate_folder(folder: Path, benchmark: Benchmark) -> DatasetScores:
    """The scores of the PNG files of a folder."""
    return evaluate_predictions(open_predictions(str(folder), benchmark.kind), benchmark.sequences, benchmark.protocol)


def build_evaluation(folder: Path, benchmark: Benchmark, label: str = "mine") -> Evaluation:
    """The PNG files of a folder as a system's evaluation."""
    system = System(label=label, uri=str(folder), supervision="unknown")
    return Evaluation(benchmark=benchmark, system=system, scores=evaluate_folder(folder, benchmark))

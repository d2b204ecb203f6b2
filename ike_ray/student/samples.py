"""What the student learns from: frames at the size that it sees, each with the class of every pixel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np
from jaxtyping import UInt8

from ike_ray.config import SamplesConfig, StudentConfig
from ike_ray.export.pictures import read_pictures
from ike_ray.masks.rle import read_rle
from ike_ray.run.objects import Row
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.video.clip import choose_size, resize_frame

_Row = TypeVar("_Row", bound=Row)

# A pixel with this label has no known class, and teaches nothing.
IGNORED = 255


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One frame and what is to be learned about it."""

    image: UInt8[np.ndarray, "h w 3"]
    labels: UInt8[np.ndarray, "h w"]  # the class of each pixel, 0 for the background, or `IGNORED`
    weight: float  # how much the frame counts


def read_samples(video: SegmentedVideo, student: StudentConfig, config: SamplesConfig) -> Iterator[Sample]:
    """Yield a sample of each row of `video` that has at least `config.min_confidence`. Holds one frame of the video.

    Raises `InputError` like `read_pictures` if the video has gone or changed.
    """
    for image, row in read_pictures(video):
        if row["confidence"] < config.min_confidence:
            continue
        height, width = choose_size(image.shape[0], image.shape[1], student.area_px)
        yield Sample(
            image=resize_frame(image, height, width),
            labels=resize_labels(build_labels(row, student.num_classes), height, width),
            weight=float(row["confidence"]) if config.weighting == "confidence" else 1.0,
        )


def choose_rows(rows: Sequence[_Row], num_frames: int, phase: int) -> tuple[_Row, ...]:
    """Return at most `num_frames` rows at equal distances. Another `phase` gives others, until all were given."""
    step = -(-len(rows) // num_frames)
    return tuple(rows[phase % step :: step])


def choose_frames(video: SegmentedVideo, num_frames: int, phase: int) -> SegmentedVideo:
    """Return the video with only the rows of `choose_rows`."""
    return replace(video, rows=choose_rows(video.rows, num_frames, phase))


def build_labels(row: Row, num_classes: int) -> UInt8[np.ndarray, "H W"]:
    """Return the class of each pixel: from the column `mask` for one class, else the `label` of each entry of `objects`.

    An entry without a label, or with a label above the number of classes, is `IGNORED`.
    """
    if num_classes == 1:
        return read_rle(row["mask"]).astype(np.uint8)
    labels = np.zeros(tuple(row["mask"]["size"]), np.uint8)
    for entry in row["objects"] or ():
        label = entry.get("label")
        labels[read_rle(entry["mask"])] = IGNORED if label is None or not 0 <= label <= num_classes else label
    return labels


def resize_labels(labels: UInt8[np.ndarray, "H W"], height: int, width: int) -> UInt8[np.ndarray, "h w"]:
    """Return the class that covers most of each pixel of the other size, with half-pixel centres."""
    classes = np.unique(labels)
    if len(classes) == 1:
        return np.full((height, width), classes[0], np.uint8)
    shares = [
        cv2.resize((labels == label).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) for label in classes
    ]
    return classes[np.argmax(shares, axis=0)]

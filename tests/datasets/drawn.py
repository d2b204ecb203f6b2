"""Tiny files in the encodings of published datasets, for trees that the tests draw."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.video.folder_reader import list_images

HEIGHT, WIDTH = 16, 24
LEFT = np.zeros((HEIGHT, WIDTH), bool)  # the left third
LEFT[:, :8] = True
TOP = np.zeros((HEIGHT, WIDTH), bool)  # the upper half
TOP[:8] = True


def write_image(path: Path, image: np.ndarray | None = None) -> None:
    """An image in the format of the path's ending; a plain frame if none is given. Colours are RGB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8) if image is None else image.astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if path.suffix == ".jpg" else []
    assert cv2.imwrite(str(path), image[..., ::-1] if image.ndim == 3 else image, options)


def write_mask(path: Path, mask: np.ndarray) -> None:
    """0 and 255."""
    write_image(path, mask * 255)


def write_palette(path: Path, numbers: np.ndarray) -> None:
    """A palette PNG, whose colours say nothing: number 1 is darker than 2, and 3 is black."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(numbers.astype(np.uint8), mode=None)
    image.putpalette([0, 0, 0, 40, 0, 0, 0, 200, 0, 0, 0, 0] + [224, 224, 192] * 252)
    image.save(path)


def write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def check_frames(sequences: Sequence[AnnotatedSequence]) -> None:
    """That every scored frame has the position at which a reader of the frames' folder delivers it."""
    assert len({sequence.name for sequence in sequences}) == len(sequences)
    for sequence in sequences:
        images = list_images(sequence.frames_uri)
        assert [Path(images[frame.index]).stem for frame in sequence.scored_frames] == [
            frame.name for frame in sequence.scored_frames
        ]

"""Photographs drawn here: an object of a colour of its own before a noisy background; its mask is known to the pixel."""

from pathlib import Path

import cv2
import numpy as np

# Under which an image takes a tenth of a second.
SMALL = ["affinity.grid_area_px=256", "affinity.pixel_area_px=2048", "matte.area_px=4096"]


def draw_photo(seed: int, height: int = 60, width: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """An image and its mask."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((height, width), np.uint8)
    centre = (int(width * rng.uniform(0.4, 0.6)), int(height * rng.uniform(0.4, 0.6)))
    cv2.ellipse(mask, centre, (width // 5, height // 4), rng.uniform(0, 180), 0, 360, 1, -1)
    colours = np.where(mask[..., None] > 0, (220, 90, 30), (60, 120, 70)) + rng.normal(0, 6, (height, width, 3))
    return colours.clip(0, 255).astype(np.uint8), mask > 0


def write_photo(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98] if path.suffix == ".jpg" else [])


def write_duts(root: Path, num_images: int) -> None:
    """A tree like that of DUTS, split TE."""
    for seed in range(num_images):
        image, mask = draw_photo(seed)
        write_photo(root / "DUTS-TE" / "DUTS-TE-Image" / f"im{seed}.jpg", image)
        (root / "DUTS-TE" / "DUTS-TE-Mask").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / "DUTS-TE" / "DUTS-TE-Mask" / f"im{seed}.png"), mask * np.uint8(255))


def write_voc(root: Path, num_images: int) -> None:
    """A tree like that of VOC 2007, split trainval."""
    for seed in range(1, num_images + 1):
        image, mask = draw_photo(seed)
        write_photo(root / "JPEGImages" / f"{seed:06d}.jpg", image)
        rows, columns = np.nonzero(mask)
        corners = f"<xmin>{columns.min() + 1}</xmin><ymin>{rows.min() + 1}</ymin>"
        corners += f"<xmax>{columns.max() + 1}</xmax><ymax>{rows.max() + 1}</ymax>"
        (root / "Annotations").mkdir(exist_ok=True)
        (root / "Annotations" / f"{seed:06d}.xml").write_text(
            f"<annotation><object><bndbox>{corners}</bndbox></object></annotation>"
        )
    (root / "ImageSets" / "Main").mkdir(parents=True)
    (root / "ImageSets" / "Main" / "trainval.txt").write_text("".join(f"{seed:06d}\n" for seed in range(1, num_images + 1)))

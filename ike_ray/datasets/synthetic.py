"""Drawn clips with exact masks and flow: a textured object over a moving textured background.

They are for the demo and for tests, and say nothing about real videos.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from ike_ray.masks.png import build_mask_png
from ike_ray.storage.files import join_uri, write_bytes

SPLIT = "demo"
_SHAPES = ("ellipse", "ellipse", "rectangle", "ellipse")  # the shapes of the clips of a drawn dataset


@dataclass(frozen=True, kw_only=True)
class DrawnClip:
    """A clip with its truth."""

    frames: UInt8[np.ndarray, "m H W 3"]
    masks: Bool[np.ndarray, "m H W"]
    forward: Float32[np.ndarray, "s H W 2"]  # the exact flow from each frame to the next, in pixels


def draw_clip(seed: int, *, num_frames: int = 24, height: int = 180, width: int = 320, shape: str = "ellipse") -> DrawnClip:
    """Return a clip whose object and background drift with different speeds. The same seed draws the same clip.

    `shape` is ellipse or rectangle. Speeds are whole numbers, from 1 to 3 pixels a frame, so that the flow is exact.
    """
    generator = np.random.default_rng(seed)
    background = _draw_texture(generator, height + 8 * num_frames, width + 8 * num_frames, (0, 170))
    texture = _draw_texture(generator, height, width, (60, 255))
    camera = generator.integers(1, 3, 2) * generator.choice([-1, 1], 2)
    speed = -camera * generator.integers(1, 3, 2) + generator.integers(0, 2, 2)
    radii = (round(height * generator.uniform(0.16, 0.24)), round(height * generator.uniform(0.18, 0.3)))
    start = (np.array([width, height]) - speed * (num_frames - 1)) // 2
    frames, masks, flows = [], [], []
    for step in range(num_frames):
        x, y = start + speed * step
        mask = _draw_mask((height, width), (int(x), int(y)), radii, shape)
        left, top = 4 * num_frames - camera * step
        frame = background[top : top + height, left : left + width].copy()
        shifted = np.roll(texture, (int(y), int(x)), axis=(0, 1))
        frame[mask] = shifted[mask]
        frames.append(frame)
        masks.append(mask)
        flows.append(np.where(mask[..., None], speed, camera).astype(np.float32))
    return DrawnClip(frames=np.stack(frames), masks=np.stack(masks), forward=np.stack(flows[:-1]))


def write_drawn_dataset(root: str, *, num_frames: int = 24) -> None:
    """Draw clips into `root` in the layout of DAVIS-2016, with a split `demo`."""
    lines = []
    for seed, shape in enumerate(_SHAPES):
        name = f"{shape}-{seed}"
        clip = draw_clip(seed, num_frames=num_frames, shape=shape)
        for index, (frame, mask) in enumerate(zip(clip.frames, clip.masks, strict=True)):
            image_name = f"JPEGImages/480p/{name}/{index:05d}.jpg"
            mask_name = f"Annotations/480p/{name}/{index:05d}.png"
            jpeg = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
            write_bytes(join_uri(root, image_name), jpeg)
            write_bytes(join_uri(root, mask_name), build_mask_png(mask))
            lines.append(f"/{image_name} /{mask_name}")
    write_bytes(join_uri(root, "ImageSets", "480p", f"{SPLIT}.txt"), ("\n".join(lines) + "\n").encode())


def _draw_texture(
    generator: np.random.Generator, height: int, width: int, span: tuple[int, int]
) -> UInt8[np.ndarray, "H W 3"]:
    """Return patches of related colours with grain, so that flow finds something to hold on to everywhere."""
    total = np.zeros((height, width, 3), dtype=np.float32)
    hue = generator.random(3, dtype=np.float32)
    for cell_px, weight in ((3, 0.25), (10, 0.35), (40, 0.4)):
        cells = generator.random((height // cell_px + 2, width // cell_px + 2, 3), dtype=np.float32)
        cells = 0.7 * cells.mean(axis=-1, keepdims=True) + 0.3 * cells * hue
        total += weight * cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
    low, high = span
    return np.clip(low + (high - low) * (total - total.min()) / (total.max() - total.min()), 0, 255).astype(np.uint8)


def _draw_mask(size: tuple[int, int], centre: tuple[int, int], radii: tuple[int, int], shape: str) -> Bool[np.ndarray, "H W"]:
    canvas = np.zeros(size, dtype=np.uint8)
    if shape == "rectangle":
        corners = [tuple(int(c + sign * r) for c, r in zip(centre, radii, strict=True)) for sign in (-1, 1)]
        cv2.rectangle(canvas, corners[0], corners[1], 1, -1)
    else:
        cv2.ellipse(canvas, centre, radii, 0, 0, 360, 1, -1)
    return canvas.astype(bool)

"""Colours of surfaces: noise over several octaves, overlapping shapes, stripes, and flat regions such as a sky."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

_OCTAVES = (4, 8, 16, 32, 64)  # the number of cells over 256 pixels
_REFERENCE_PX = 256


def draw_noise(
    generator: np.random.Generator, height: int, width: int, octaves: tuple[int, ...] = _OCTAVES
) -> Float32[np.ndarray, "h w"]:
    """Return smooth noise, a sum of octaves whose amplitudes fall with their frequency at a random rate."""
    total = np.zeros((height, width), np.float32)
    fall = generator.uniform(0.3, 0.9)
    for cells in octaves:
        shape = (max(2, height * cells // _REFERENCE_PX + 2), max(2, width * cells // _REFERENCE_PX + 2))
        octave = generator.standard_normal(shape, np.float32)
        amplitude = np.float32(generator.uniform(0.3, 1.0) * cells**-fall)
        total += amplitude * cv2.resize(octave, (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def draw_texture(generator: np.random.Generator, height: int, width: int) -> UInt8[np.ndarray, "h w 3"]:
    """Return a surface: noise in related colours, mostly with shapes over it, sometimes striped, blurred or nearly flat."""
    noise = np.stack([draw_noise(generator, height, width) for _ in range(3)], axis=-1)
    mix = (generator.standard_normal((3, 3)) * 0.5 + np.eye(3) * 0.4 + 0.5).astype(np.float32)
    noise = noise @ mix
    noise = (noise - noise.mean(axis=(0, 1))) / (noise.std(axis=(0, 1)) + 1e-6)
    contrast = generator.uniform(1, 8) if generator.random() < 0.2 else generator.uniform(5, 38)
    image = generator.uniform(30, 215, 3).astype(np.float32) + noise * np.float32(contrast)
    kind = generator.random()
    if kind < 0.6:
        _draw_shapes(generator, image)
        image += noise * np.float32(generator.uniform(0, 15))
    elif kind < 0.7:
        image += _draw_stripes(generator, height, width)[..., None] * generator.uniform(10, 50, 3).astype(np.float32)
    if generator.random() < 0.4:
        image = cv2.GaussianBlur(image, (0, 0), generator.uniform(0.6, 4))
    grey = image.mean(axis=-1, keepdims=True)
    image = grey + (image - grey) * np.float32(generator.uniform(0.1, 0.9))  # surfaces of photographs are seldom vivid
    return np.clip(image, 0, 255).astype(np.uint8)


def draw_surroundings(generator: np.random.Generator, height: int, width: int) -> UInt8[np.ndarray, "h w 3"]:
    """Return a background: one surface, or several that meet at a horizon or along smooth outlines. Some are a plain sky."""
    image = draw_texture(generator, height, width)
    for _ in range(int(generator.choice([0, 1, 2, 3], p=[0.3, 0.35, 0.2, 0.15]))):
        other = draw_texture(generator, height, width)
        if generator.random() < 0.3:
            ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
            other = ramp * generator.uniform(80, 250, 3) + (1 - ramp) * generator.uniform(80, 250, 3)
            other = np.broadcast_to(other, image.shape).astype(np.uint8)
        if generator.random() < 0.5:
            level = height * generator.uniform(0.3, 0.7)
            slope, waves = (
                generator.uniform(-0.1, 0.1),
                draw_noise(generator, 2, width, (4, 8, 16))[0] * generator.uniform(0, 30),
            )
            line = level + slope * (np.arange(width) - width / 2) + waves
            chosen = np.arange(height)[:, None] < line[None, :]
        else:
            chosen = draw_noise(generator, height, width, (2, 4, 8)) > generator.uniform(0, 1)
        image = np.where(chosen[..., None], other, image)
    return image


def _draw_shapes(generator: np.random.Generator, image: Float32[np.ndarray, "h w 3"]) -> None:
    """Draw ellipses and polygons of random colours over `image`, later ones over earlier ones."""
    height, width = image.shape[:2]
    largest_px = generator.uniform(0.03, 0.3) * height
    spread = generator.uniform(20, 110)
    base = generator.uniform(40, 210, 3)
    for _ in range(int(generator.integers(5, 160))):
        centre = (int(generator.integers(0, width)), int(generator.integers(0, height)))
        colour = tuple(np.clip(base + generator.normal(0, spread, 3), 0, 255).tolist())
        radius_px = max(2, largest_px * generator.random() ** 2)
        if generator.random() < 0.5:
            radii = (int(radius_px), int(max(2, radius_px * generator.uniform(0.2, 1))))
            cv2.ellipse(image, centre, radii, generator.uniform(0, 180), 0, 360, colour, -1)
        else:
            angles = np.sort(generator.uniform(0, 2 * np.pi, int(generator.integers(3, 8))))
            corners = np.stack([centre[0] + radius_px * np.cos(angles), centre[1] + radius_px * np.sin(angles)], axis=-1)
            cv2.fillPoly(image, [corners.astype(np.int32)], colour)


def _draw_stripes(generator: np.random.Generator, height: int, width: int) -> Float32[np.ndarray, "h w"]:
    """Return stripes of random direction and width, bent by noise, from -1 to 1."""
    rows, columns = np.indices((height, width), dtype=np.float32)
    angle, period_px = generator.uniform(0, np.pi), generator.uniform(5, 60)
    bend = draw_noise(generator, height, width, (2, 4)) * np.float32(generator.uniform(0, 3))
    phase = (columns * np.cos(angle) + rows * np.sin(angle)) * (2 * np.pi / period_px) + bend
    return np.sin(phase).astype(np.float32)

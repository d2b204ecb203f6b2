"""Open water: waves that travel, the light that they catch, and the wakes of floating objects."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from ike_ray.drawn.textures import draw_noise

_FLATTENED = 2.0  # waves look shorter from the eye to the horizon than across
_FARTHEST = 0.35  # the size of waves at the horizon, as a share of those in front
_CHOP_CELL_PX = (3, 5, 9)


@dataclass(frozen=True, kw_only=True)
class Wake:
    """Ripples that stay behind a floating object and travel with it, in a wedge that opens against its heading."""

    heading: float  # in radians
    length_px: float
    half_width_px: float  # of the wedge where it begins
    opening: float  # how much the wedge widens in each pixel
    period_px: float
    strength: float  # a slope, where 1 is steep

    def build(
        self,
        across: Float32[np.ndarray, "h w"],
        down: Float32[np.ndarray, "h w"],
        place_px: Float32[np.ndarray, " 2"],
    ) -> Float32[np.ndarray, "h w"]:
        """Return the slope of the ripples behind an object at `place_px`."""
        x, y = across - place_px[0], (down - place_px[1]) * np.float32(_FLATTENED)
        cosine, sine = np.float32(np.cos(self.heading)), np.float32(np.sin(self.heading))
        behind, beside = -(x * cosine + y * sine), np.abs(x * sine - y * cosine)
        inside = np.clip((self.half_width_px + self.opening * behind - beside) / 4, 0, 1) * (behind > -self.half_width_px)
        fade = np.exp(-np.maximum(behind, 0) / np.float32(self.length_px))
        ripples = np.sin((0.5 * behind + beside) * np.float32(2 * np.pi / self.period_px))
        return (inside * fade * ripples * np.float32(self.strength)).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Water:
    """A surface below a horizon. Waves are fixed to the scene, so that they move with it when the camera does."""

    horizon_px: float  # the row of the scene
    height_px: float
    directions: Float32[np.ndarray, "k 2"]  # wave vectors, in radians a pixel
    speeds: Float32[np.ndarray, " k"]  # in radians a frame
    phases: Float32[np.ndarray, " k"]
    slopes: Float32[np.ndarray, " k"]
    refraction_px: float  # how far a slope of 1 displaces what is seen below or mirrored
    gloss: float  # the share of the light that comes from the sky and not from the water
    dark: tuple[float, float, float]
    bright: tuple[float, float, float]
    contrast: float
    chop: Float32[np.ndarray, "f h w"]  # fine ripples: one field for each frame, and neighbours are alike

    def apply(
        self,
        image: UInt8[np.ndarray, "h w 3"],
        across: Float32[np.ndarray, "h w"],
        down: Float32[np.ndarray, "h w"],
        ripples: Float32[np.ndarray, "h w"],
        step: int,
    ) -> UInt8[np.ndarray, "h w 3"]:
        """Return the image with the surface laid over it.

        `across` and `down` are the places of the scene that the pixels show; `ripples` are slopes of wakes.
        """
        near = np.clip((down - self.horizon_px) / self.height_px, 0, 1)
        scale = 1 / (_FARTHEST + near)
        slope = self.chop[step] + ripples
        sideways = np.zeros_like(slope)
        for direction, speed, phase, size in zip(self.directions, self.speeds, self.phases, self.slopes, strict=True):
            angle = (across * direction[0] + down * direction[1] * np.float32(_FLATTENED)) * scale + (phase + speed * step)
            wave = size * np.sin(angle)
            slope = slope + wave
            sideways = sideways + wave * np.float32(direction[0] / (np.linalg.norm(direction) + 1e-9))
        region = np.clip((down - self.horizon_px) / 4, 0, 1).astype(np.float32)
        reach = region * (0.3 + 0.7 * near) * np.float32(self.refraction_px)
        rows, columns = np.indices(region.shape, dtype=np.float32)
        field = ((columns + reach * sideways).astype(np.float32), (rows + reach * slope).astype(np.float32))
        seen = cv2.remap(image, *field, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        light = np.clip(0.5 + self.contrast * slope, 0, 1)[..., None]
        sky = np.array(self.dark, np.float32) * (1 - light) + np.array(self.bright, np.float32) * light
        share = (region * np.float32(self.gloss))[..., None]
        return np.rint(seen * (1 - share) + sky * share).astype(np.uint8)


def draw_water(
    generator: np.random.Generator, num_frames: int, size: tuple[int, int], origin_px: tuple[float, float]
) -> Water:
    """Return open water in a frame of `size`, rows and columns, whose first pixel lies at `origin_px` of the scene."""
    height = size[0]
    horizon = height * (-0.3 if generator.random() < 0.45 else generator.uniform(0.1, 0.6))
    count = int(generator.integers(5, 13))
    periods = np.exp(generator.uniform(np.log(8), np.log(110), count))
    wind, spread = generator.uniform(0, 2 * np.pi), generator.uniform(0.3, 1.6)
    angles = wind + generator.normal(0, spread, count)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * (2 * np.pi / periods)[:, None]
    hurry = np.exp(generator.uniform(np.log(0.15), np.log(1.2)))
    speeds = hurry * np.sqrt(30 / periods)  # long waves are faster, but each takes longer to pass
    roughness = np.exp(generator.uniform(np.log(0.1), np.log(0.8)))
    slopes = roughness * generator.uniform(0.2, 1, count) * (periods / 110) ** generator.uniform(0.0, 0.5)
    base, tint = generator.uniform(10, 140), generator.normal(0, 18, 3)
    bright = base + generator.uniform(15, 120)
    return Water(
        horizon_px=horizon + origin_px[1],
        height_px=height - horizon,
        directions=directions.astype(np.float32),
        speeds=speeds.astype(np.float32),
        phases=generator.uniform(0, 2 * np.pi, count).astype(np.float32),
        slopes=slopes.astype(np.float32),
        refraction_px=float(np.exp(generator.uniform(np.log(1.0), np.log(9.0)))),
        gloss=float(generator.uniform(0.15, 0.95)),
        dark=tuple((base + tint).tolist()),
        bright=tuple((bright + tint * generator.uniform(0, 1)).tolist()),
        contrast=float(generator.uniform(0.3, 1.5)),
        chop=_draw_chop(generator, num_frames, size) * np.float32(roughness * generator.uniform(0, 1)),
    )


def draw_wake(generator: np.random.Generator, side_px: float, step_px: Float64[np.ndarray, " 2"]) -> Wake:
    """Return the wake of an object of `side_px` that moves by `step_px` a frame through the water."""
    return Wake(
        heading=float(np.arctan2(step_px[1] * _FLATTENED, step_px[0])),
        length_px=side_px * generator.uniform(0.4, 3),
        half_width_px=side_px * generator.uniform(0.2, 0.5),
        opening=generator.uniform(0.1, 0.5),
        period_px=float(generator.uniform(4, 30)),
        strength=float(generator.uniform(0.1, 1.0)) if generator.random() < 0.7 else 0.0,
    )


def _draw_chop(generator: np.random.Generator, num_frames: int, size: tuple[int, int]) -> Float32[np.ndarray, "m h w"]:
    """Return noise that changes from frame to frame: each field keeps a share of the one before."""
    cell, kept = int(generator.choice(_CHOP_CELL_PX)), float(generator.uniform(0.3, 0.98))
    shape = (size[0] // cell + 1, size[1] // cell + 1)
    grain = generator.standard_normal(shape, np.float32)
    where = np.clip(draw_noise(generator, *size, (2, 4, 8)) + 1, 0, 2)  # gusts
    fields = []
    for _ in range(num_frames):
        fields.append(cv2.resize(grain, size[::-1], interpolation=cv2.INTER_CUBIC) * where)
        grain = kept * grain + np.sqrt(1 - kept**2) * generator.standard_normal(shape, np.float32)
    return np.stack(fields).astype(np.float32)

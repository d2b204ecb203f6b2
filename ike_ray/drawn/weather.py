"""Things that move and are no objects: water, leaves, spray and smoke."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.drawn.textures import draw_noise

Field = tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]  # displacement to the right and down, in pixels


@dataclass(frozen=True, kw_only=True)
class Restless:
    """A region of the frame whose surface is displaced differently in each frame, and how much light it catches there."""

    region: Float32[np.ndarray, "h w"]
    displace: Callable[[int], Field]
    glint: float  # grey levels for a slope of 1

    def apply(self, image: UInt8[np.ndarray, "h w 3"], step: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return the image with the region displaced."""
        rows, columns = np.indices(self.region.shape, dtype=np.float32)
        across, down = self.displace(step)
        moved = cv2.remap(
            image, columns + self.region * across, rows + self.region * down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        if self.glint == 0:
            return moved
        slope = (down - np.roll(down, 2, axis=0)) * self.region * self.glint
        return np.clip(moved + slope[..., None], 0, 255).astype(np.uint8)


def draw_restless(generator: np.random.Generator, height: int, width: int, *, is_rough: bool) -> Restless:
    """Return water (45 %), leaves and grass that go to and fro (35 %), or a surface that boils (20 %)."""
    kind = generator.random()
    if kind < 0.45:
        return _draw_water(generator, height, width, is_rough=is_rough)
    region = np.clip((draw_noise(generator, height, width, (2, 4, 8)) - generator.uniform(-0.5, 1)) * 4, 0, 1)
    size_px = _draw_size(generator, (0.3, 2.5), is_rough=is_rough)
    if kind < 0.8:
        frequency = generator.uniform(0.2, 1.3)
        fields = [draw_noise(generator, height, width, (4, 8, 16)) * np.float32(size_px) for _ in range(4)]

        def sway(step: int) -> Field:
            cosine, sine = np.float32(np.cos(frequency * step)), np.float32(np.sin(frequency * step))
            return fields[0] * cosine + fields[1] * sine, 0.5 * (fields[2] * cosine + fields[3] * sine)

        return Restless(region=region, displace=sway, glint=0.0)
    seeds = generator.integers(0, 2**31, 64)
    cells = int(generator.choice([1, 2, 4])) if is_rough else 1

    def boil(step: int) -> Field:
        own = np.random.default_rng(int(seeds[step % 64]))
        fields = own.standard_normal((2, 10 * cells, 18 * cells), np.float32) * np.float32(0.6 * size_px)
        return tuple(cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC) for field in fields)

    return Restless(region=region, displace=boil, glint=0.0)


def _draw_water(generator: np.random.Generator, height: int, width: int, *, is_rough: bool) -> Restless:
    """Return water below a horizon, or everywhere, with waves in several directions, higher and longer in front."""
    horizon_px = 0 if generator.random() < 0.3 else height * generator.uniform(0.2, 0.7)
    rows, columns = np.indices((height, width), dtype=np.float32)
    near = np.clip((rows - horizon_px) / (height - horizon_px), 0, 1)
    region = np.clip((rows - horizon_px) / 6, 0, 1) * (0.25 + 0.75 * near)
    perspective = 1 / (0.35 + near)  # waves look shorter far away
    size_px, waves = _draw_size(generator, (0.5, 4.0), is_rough=is_rough), []
    for _ in range(int(generator.integers(3, 7))):
        angle, period_px = generator.normal(np.pi / 2, 0.7), float(np.exp(generator.uniform(np.log(8), np.log(90))))
        phase = (columns * np.cos(angle) + rows * np.sin(angle) * 2) * perspective * (2 * np.pi / period_px)
        speed = generator.uniform(0.1, 1.0) * generator.choice([-1, 1])
        waves.append(
            (phase.astype(np.float32), speed, np.float32(size_px * (period_px / 90) ** 0.5 * generator.uniform(0.3, 1)))
        )

    def displace(step: int) -> Field:
        total = np.zeros((height, width), np.float32)
        for phase, speed, amplitude in waves:
            total += amplitude * np.sin(phase + np.float32(speed * step))
        return 0.6 * total, total

    return Restless(region=region.astype(np.float32), displace=displace, glint=float(generator.uniform(0, 30)))


def _draw_size(generator: np.random.Generator, usual_px: tuple[float, float], *, is_rough: bool) -> float:
    """Return how far a surface is displaced: within the usual range, or up to twice its end if it is rough."""
    lowest, highest = usual_px
    if is_rough:
        return float(np.exp(generator.uniform(np.log(lowest), np.log(2 * highest))))
    return float(generator.uniform(lowest, highest))


@dataclass(frozen=True, kw_only=True)
class Particles:
    """Spray, foam, dust or smoke that an object leaves behind."""

    birth: Float32[np.ndarray, " k"]  # the frame in which each appears
    start_px: Float32[np.ndarray, "k 2"]
    velocity_px: Float32[np.ndarray, "k 2"]
    radius_px: Float32[np.ndarray, " k"]
    fall_px: float  # the acceleration downwards, in pixels per squared frame
    lifetime: float  # in frames
    growth_px: float  # how much a radius grows in each frame
    blur_px: float
    opacity: float
    colour: tuple[float, float, float]

    def apply(self, image: UInt8[np.ndarray, "h w 3"], step: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return the image with the living particles laid over it."""
        opacity = np.zeros(image.shape[:2], np.float32)
        age = step - self.birth
        for index in np.flatnonzero((age >= 0) & (age < self.lifetime)):
            place = self.start_px[index] + self.velocity_px[index] * age[index]
            place = place + np.array([0, 0.5 * self.fall_px * age[index] ** 2])
            radius = max(1, round(float(self.radius_px[index] + self.growth_px * age[index])))
            fade = float(1 - age[index] / self.lifetime)
            cv2.circle(opacity, (round(float(place[0])), round(float(place[1]))), radius, fade, -1)
        opacity = cv2.GaussianBlur(opacity, (0, 0), self.blur_px)[..., None] * np.float32(self.opacity)
        mixed = image * (1 - opacity) + opacity * np.array(self.colour, np.float32)
        return np.clip(mixed, 0, 255).astype(np.uint8)


def draw_particles(
    generator: np.random.Generator, foot_px: Float32[np.ndarray, "m 2"], side_px: float, *, floats: bool
) -> Particles:
    """Return what an object of `side_px`, with its foot at `foot_px`, leaves behind: smoke if it `floats`, else spray."""
    num_frames, count = len(foot_px), int(generator.integers(20, 160))
    birth = generator.uniform(-num_frames / 2, num_frames, count).astype(np.float32)
    at = np.clip(birth, 0, num_frames - 1).astype(int)
    trail = (foot_px[-1] - foot_px[0]) / max(num_frames - 1, 1)
    start = foot_px[at] + np.minimum(birth, 0)[:, None] * trail + generator.normal(0, 0.12 * side_px, (count, 2))
    if floats:
        velocity = (
            generator.normal(0, 0.4, (count, 2))
            + trail * generator.uniform(0, 0.6)
            + np.array([0, -generator.uniform(0, 1.5)])
        )
        radius, grey = generator.uniform(0.04, 0.15, count) * side_px, generator.uniform(60, 220)
    else:
        velocity = generator.normal(0, generator.uniform(0.3, 3), (count, 2)) - np.array([0, generator.uniform(0, 4)])
        radius, grey = generator.uniform(0.5, 3, count), generator.uniform(180, 255)
    return Particles(
        birth=birth,
        start_px=start.astype(np.float32),
        velocity_px=velocity.astype(np.float32),
        radius_px=radius.astype(np.float32),
        fall_px=0.0 if floats else float(generator.uniform(0, 0.8)),
        lifetime=float(generator.uniform(4, 14)),
        growth_px=float(generator.uniform(0.1, 1)) if floats else 0.0,
        blur_px=float(generator.uniform(3, 9)) if floats else float(generator.uniform(0.7, 2)),
        opacity=float(generator.uniform(0.2, 0.7)) if floats else float(generator.uniform(0.5, 0.95)),
        colour=tuple((grey + generator.normal(0, 12, 3)).tolist()),
    )

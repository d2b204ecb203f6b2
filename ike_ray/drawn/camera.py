"""The camera of a drawn scene: still, held by hand, or moving. It also tells how near and far things move with it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ike_ray.drawn.odds import SceneOdds

_SPEEDS_PX = (0.5, 2.0, 5.0, 10.0)  # per frame, in a picture of 320 rows


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Where the camera looks in each frame. The background has depth 1. Nearer things have a larger depth and move more."""

    shift_px: Float64[np.ndarray, "m 2"]
    angle: Float64[np.ndarray, " m"]
    zoom: Float64[np.ndarray, " m"]
    tilt: Float64[np.ndarray, "m 2"]  # the two perspective entries of the homography
    centre_px: tuple[float, float]
    skew_fraction: float  # rolling shutter: how far the last row lags, as a share of the camera's step

    def place(self, step: int, depth: float, origin_px: tuple[float, float]) -> Float64[np.ndarray, "3 3"]:
        """Return the homography from a picture, whose first pixel lies at `origin_px` in a frame at rest, to frame `step`."""
        turned = build_similarity(float(self.angle[step]), float(self.zoom[step]) ** depth, self.centre_px)
        moved = np.eye(3)
        moved[:2, 2] = self.shift_px[step] * depth
        start = np.eye(3)
        start[:2, 2] = origin_px
        perspective = np.eye(3)
        perspective[2, :2] = self.tilt[step]
        rolling = np.eye(3)
        before = self.shift_px[max(step - 1, 0)]
        rolling[0, 1] = self.skew_fraction * (self.shift_px[step] - before)[0] * depth / (2 * self.centre_px[1])
        return rolling @ perspective @ moved @ turned @ start


def draw_camera(generator: np.random.Generator, num_frames: int, height: int, width: int, odds: SceneOdds) -> Camera:
    """Return a camera. 30 % of the cameras stand still, and the others pan, turn, zoom and shake at random rates."""
    centre = (width / 2, height / 2)
    if generator.random() < 0.3:
        still = np.zeros(num_frames)
        return Camera(
            shift_px=np.zeros((num_frames, 2)),
            angle=still,
            zoom=still + 1,
            tilt=np.zeros((num_frames, 2)),
            centre_px=centre,
            skew_fraction=0.0,
        )
    speed = generator.choice(_SPEEDS_PX, p=odds.camera_speeds) * generator.uniform(0.3, 1.3)
    shake = generator.normal(0, generator.choice([0, 0.3, 0.8]), (num_frames, 2))
    turn, zoom = generator.choice([0, 0.002, 0.006]), generator.choice([0, 0.003, 0.012])
    tilts = [draw_drift(generator, num_frames, generator.choice([0, 2e-6, 1e-5]), 0.0) for _ in range(2)]
    return Camera(
        shift_px=draw_path(generator, num_frames, speed, 0.12 * speed) + shake,
        angle=draw_drift(generator, num_frames, turn, 0.0003),
        zoom=np.exp(draw_drift(generator, num_frames, zoom, 0.0003)),
        tilt=np.stack(tilts, axis=-1),
        centre_px=centre,
        skew_fraction=generator.uniform(0, 1) if generator.random() < 0.25 else 0.0,
    )


def draw_path(
    generator: np.random.Generator, num_frames: int, speed_px: float, change_px: float
) -> Float64[np.ndarray, "m 2"]:
    """Return positions from (0, 0): a velocity of random direction that changes a little from frame to frame."""
    velocity = generator.standard_normal(2)
    velocity *= speed_px / (np.linalg.norm(velocity) + 1e-9)
    velocities = velocity + np.cumsum(generator.standard_normal((num_frames - 1, 2)) * change_px, axis=0)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(velocities, axis=0)])


def draw_drift(generator: np.random.Generator, num_frames: int, rate: float, jitter: float) -> Float64[np.ndarray, " m"]:
    """Return one value for each frame, from 0, that drifts at about `rate`, with independent jitter."""
    rates = generator.normal(0, rate) + np.cumsum(generator.normal(0, 0.15 * rate, num_frames - 1))
    return np.concatenate([[0.0], np.cumsum(rates + generator.normal(0, jitter, num_frames - 1))])


def build_similarity(angle: float, scale: float, centre_px: tuple[float, float]) -> Float64[np.ndarray, "3 3"]:
    """Return a turn by `angle` and a scaling about a centre."""
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    x, y = centre_px
    return np.array([[cosine, -sine, x - cosine * x + sine * y], [sine, cosine, y - sine * x - cosine * y], [0, 0, 1]])

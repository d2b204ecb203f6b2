"""Objects that move by themselves: bodies with swinging limbs, soft blobs and rigid polygons, frame by frame."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.drawn.textures import draw_texture

_SUBPIXEL_BITS = 4  # OpenCV draws at positions with this many bits below the pixel


@dataclass(frozen=True, kw_only=True)
class Limb:
    """One part of a body, drawn at rest in the body's square, and how it swings about its joint."""

    picture: UInt8[np.ndarray, "q q 4"]  # red, green, blue and opacity
    joint: tuple[float, float]
    swing: float  # the largest angle, in radians
    speed: float  # in radians a frame
    phase: float


def draw_body(generator: np.random.Generator, side_px: int, num_frames: int) -> UInt8[np.ndarray, "m q q 4"]:
    """Return a square picture of an object for each frame, red, green, blue and opacity, with its own shape and motion.

    45 % of the objects are bodies with a torso, a head and limbs that swing, 35 % are blobs that bend, and 20 % are rigid
    polygons, like vehicles.
    """
    kind = generator.random()
    if kind < 0.45:
        return _draw_articulated(generator, side_px, num_frames)
    outline = _draw_blob(generator, side_px) if kind < 0.8 else _draw_polygon(generator, side_px)
    rigid = np.dstack([draw_texture(generator, side_px, side_px), outline])
    if kind >= 0.8 or generator.random() < 0.3:
        return np.broadcast_to(rigid, (num_frames, *rigid.shape))
    return _bend(generator, rigid, num_frames)


def _draw_articulated(generator: np.random.Generator, side_px: int, num_frames: int) -> UInt8[np.ndarray, "m q q 4"]:
    limbs = _draw_limbs(generator, side_px)
    frames = []
    for step in range(num_frames):
        picture = np.zeros((side_px, side_px, 4), np.uint8)
        for limb in limbs:
            angle = limb.swing * np.sin(limb.speed * step + limb.phase)
            moved = cv2.warpAffine(limb.picture, _turn(limb.joint, angle), (side_px, side_px))
            picture = _lay_over(picture, moved)
        frames.append(picture)
    return np.stack(frames)


def _draw_limbs(generator: np.random.Generator, side_px: int) -> list[Limb]:
    """Return the parts of a body from back to front: limbs behind the torso, the torso, the head, limbs in front of it."""
    texture = draw_texture(generator, side_px, side_px)
    second = draw_texture(generator, side_px, side_px) if generator.random() < 0.5 else texture
    is_upright = generator.random() < 0.5
    length, girth = generator.uniform(0.2, 0.34) * side_px, generator.uniform(0.07, 0.17) * side_px
    axis = np.array([0.0, 1.0]) if is_upright else np.array([1.0, 0.0])
    axis = axis + generator.normal(0, 0.15, 2)
    axis /= np.linalg.norm(axis)
    centre = np.array([0.5, 0.42]) * side_px
    speed = generator.uniform(0.15, 0.9)
    torso = _draw_capsule(texture, centre - axis * length * 0.6, centre + axis * length * 0.6, girth)
    bob = generator.uniform(0, 0.1)
    parts = [Limb(picture=torso, joint=(float(centre[0]), float(centre[1])), swing=bob, speed=speed, phase=0.0)]
    neck = centre - axis * length * (0.9 if is_upright else 1.0) + np.array([0, -0.05 if not is_upright else 0]) * side_px
    head_px = girth * generator.uniform(0.5, 1.0)
    head = _draw_capsule(second, neck, neck - axis * head_px * generator.uniform(0.1, 1), head_px)
    parts.append(Limb(picture=head, joint=(float(neck[0]), float(neck[1])), swing=bob, speed=speed, phase=0.5))
    for number in range(int(generator.integers(2, 6))):
        along = generator.uniform(-0.6, 0.6) if not is_upright or number % 2 else 0.6
        joint = centre + axis * length * along
        angle = np.pi / 2 + generator.normal(0, 0.35)
        if generator.random() < 0.15:
            angle = generator.uniform(0, 2 * np.pi)  # a raised arm, a tail, a wing
        reach = generator.uniform(0.2, 0.42) * side_px
        foot = joint + reach * np.array([np.cos(angle), np.sin(angle)])
        picture = _draw_capsule(
            second if generator.random() < 0.5 else texture, joint, foot, girth * generator.uniform(0.2, 0.5)
        )
        limb = Limb(
            picture=picture,
            joint=(float(joint[0]), float(joint[1])),
            swing=generator.uniform(0, 0.7),
            speed=speed,
            phase=generator.uniform(0, 2 * np.pi),
        )
        parts.insert(0 if generator.random() < 0.5 else len(parts), limb)
    return parts


def _draw_capsule(
    texture: UInt8[np.ndarray, "q q 3"], start: np.ndarray, end: np.ndarray, radius_px: float
) -> UInt8[np.ndarray, "q q 4"]:
    """Return `texture` with the opacity of a thick line with round ends."""
    opacity = np.zeros(texture.shape[:2], np.uint8)
    scale = 2**_SUBPIXEL_BITS
    points = [tuple(round(float(value) * scale) for value in point) for point in (start, end)]
    cv2.line(opacity, points[0], points[1], 255, max(2, round(2 * radius_px)), cv2.LINE_AA, _SUBPIXEL_BITS)
    return np.dstack([texture, opacity])


def _draw_blob(generator: np.random.Generator, side_px: int) -> UInt8[np.ndarray, "q q"]:
    """Return the opacity of an ellipse whose radius varies along its outline."""
    rows, columns = np.indices((side_px, side_px), dtype=np.float32) / side_px * 2 - 1
    angles = np.arctan2(rows, columns)
    radius = np.full_like(angles, 0.6)
    for order in range(1, 6):
        radius += np.float32(generator.normal(0, 0.16 / order)) * np.cos(order * angles + generator.uniform(0, 2 * np.pi))
    distance = np.hypot(columns / generator.uniform(0.5, 1), rows / generator.uniform(0.5, 1))
    return (np.clip((radius - distance) * side_px / 3 + 0.5, 0, 1) * 255).astype(np.uint8)


def _draw_polygon(generator: np.random.Generator, side_px: int) -> UInt8[np.ndarray, "q q"]:
    angles = np.sort(generator.uniform(0, 2 * np.pi, int(generator.integers(4, 10))))
    radii = generator.uniform(0.5, 0.95, len(angles)) * side_px / 2
    squash = generator.uniform(0.4, 1)
    corners = side_px / 2 + np.stack([radii * np.cos(angles), squash * radii * np.sin(angles)], axis=-1)
    opacity = np.zeros((side_px, side_px), np.uint8)
    cv2.fillPoly(opacity, [np.rint(corners * 2**_SUBPIXEL_BITS).astype(np.int32)], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    return opacity


def _bend(
    generator: np.random.Generator, picture: UInt8[np.ndarray, "q q 4"], num_frames: int
) -> UInt8[np.ndarray, "m q q 4"]:
    """Return the picture bent by a slow wave that travels through it."""
    side_px = len(picture)
    rows, columns = np.indices((side_px, side_px), dtype=np.float32)
    size_px = generator.uniform(0.003, 0.035) * side_px
    phases, waves, speed = generator.uniform(0, 2 * np.pi, 2), generator.uniform(0.5, 2, 2), generator.uniform(0.2, 0.9)
    frames = []
    for step in range(num_frames):
        across = size_px * np.sin(rows * (2 * np.pi * waves[0] / side_px) + phases[0] + speed * step)
        along = size_px * np.sin(columns * (2 * np.pi * waves[1] / side_px) + phases[1] + speed * step)
        field = ((columns + across).astype(np.float32), (rows + along).astype(np.float32))
        frames.append(cv2.remap(picture, *field, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))
    return np.stack(frames)


def _turn(joint: tuple[float, float], angle: float) -> Float32[np.ndarray, "2 3"]:
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y = joint
    return np.array([[cosine, -sine, x - cosine * x + sine * y], [sine, cosine, y - sine * x - cosine * y]], np.float32)


def _lay_over(under: UInt8[np.ndarray, "q q 4"], over: UInt8[np.ndarray, "q q 4"]) -> UInt8[np.ndarray, "q q 4"]:
    """Return `over` laid over `under`. Where both are half opaque the colours are mixed by the upper one's opacity."""
    share = over[..., 3:].astype(np.float32) / 255
    mixed = np.rint(under * (1 - share) + over * share).astype(np.uint8)
    is_new = under[..., 3] == 0  # otherwise an outline is mixed with the black of nothing
    mixed[is_new, :3] = over[is_new, :3]
    mixed[..., 3] = np.maximum(under[..., 3], over[..., 3])
    return mixed

"""A drawn clip: a background with depth, things at rest, objects, and things that move without being objects."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from ike_ray.drawn.bodies import draw_body
from ike_ray.drawn.camera import Camera, build_similarity, draw_camera, draw_drift, draw_path
from ike_ray.drawn.odds import SceneOdds, choose_odds
from ike_ray.drawn.textures import draw_noise, draw_surroundings, draw_texture
from ike_ray.drawn.water import Wake, draw_wake, draw_water
from ike_ray.drawn.weather import Particles, Restless, draw_particles, draw_restless

_MARGIN = 1.5  # the sides of the background, as a multiple of the frame's
_SHUTTER = 0.5  # motion is blurred over this share of a frame
_LEAST_BLUR_PX = 2.0
_FLOATING_SHARE = 0.75  # the share of objects that float, in a scene with open water
_OPAQUE = 32


@dataclass(frozen=True, kw_only=True)
class DrawnScene:
    """A clip with its truth."""

    frames: UInt8[np.ndarray, "m H W 3"]
    opacity: UInt8[np.ndarray, "m H W"]  # the opacity of everything that moves by itself; 255 hides the background


@dataclass(frozen=True, kw_only=True)
class _Thing:
    """A picture in the scene: an object, or something at rest at a depth of its own."""

    pictures: UInt8[np.ndarray, "m q q 4"]
    placements: list[Float64[np.ndarray, "3 3"]]
    centres_px: Float64[np.ndarray, "m 2"]
    is_object: bool
    shadow: tuple[float, float] | None = None  # how dark it is, and how far it leans
    reflection: float = 0.0  # its opacity
    particles: Particles | None = None
    wake: Wake | None = None  # only of a floating object
    waterline_fraction: float = 0.85  # the share of its side at which the ground or the water begins


def draw_scene(seed: int, *, num_frames: int, height: int, width: int) -> DrawnScene:
    """Return the clip that a seed draws, which is always the same. 3 % of the clips have no object."""
    generator = np.random.default_rng(seed)
    odds = choose_odds(seed)
    camera = draw_camera(generator, num_frames, height, width, odds)
    background = draw_surroundings(generator, int(height * _MARGIN), int(width * _MARGIN))
    depth = _draw_depth(generator, *background.shape[:2])
    water = None
    if odds.water_share and generator.random() < odds.water_share:
        water = draw_water(generator, num_frames, (height, width), ((_MARGIN - 1) * width / 2, (_MARGIN - 1) * height / 2))
    num_things = int(generator.choice([0, 1, 2, 4], p=odds.num_things))
    things = [_draw_thing_at_rest(generator, camera, background, (height, width), odds) for _ in range(num_things)]
    num_objects = int(generator.choice([0, 1, 2, 3, 5, 10], p=[0.03, 0.55, 0.2, 0.12, 0.07, 0.03]))
    for _ in range(num_objects):
        thing = _draw_object(generator, camera, background, (height, width), odds, is_one_of_many=num_objects > 5)
        if water is not None and generator.random() < _FLOATING_SHARE:
            thing = _let_float(generator, thing, camera)
        things.append(thing)
    order = generator.permutation(len(things)) if generator.random() < 0.5 else range(len(things))
    things = [things[index] for index in order]
    num_restless = int(generator.choice([0, 1, 2], p=odds.num_restless))
    restless = [draw_restless(generator, height, width, is_rough=odds.is_rough) for _ in range(num_restless)]
    light = draw_drift(generator, num_frames, 0.6, 0.5)
    noise, quality = generator.uniform(0.5, 4), int(generator.integers(50, 95))
    frames, opacities = [], []
    for step in range(num_frames):
        image, across, down = _render_background(background, depth, camera, step, (height, width))
        if water is not None:
            ripples = _build_ripples(things, across, down, step)
            for thing in things:
                if thing.wake is not None:
                    image = _lay_reflection(image, _place(thing, step, (height, width)), thing, step)
            image = water.apply(image, across, down, ripples, step)
        image, opacity = _render_things(things, image, step, restless)
        grain = generator.standard_normal(image.shape, np.float32) * np.float32(noise) + np.float32(light[step])
        noisy = np.clip(image + grain, 0, 255).astype(np.uint8)
        jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert decoded is not None
        frames.append(decoded)
        opacities.append(np.rint(opacity * 255).astype(np.uint8))
    return DrawnScene(frames=np.stack(frames), opacity=np.stack(opacities))


def _draw_depth(generator: np.random.Generator, height: int, width: int) -> Float32[np.ndarray, "h w"]:
    """Return how far each place moves with the camera, as a multiple. It is flat, a ground that comes nearer, or hills."""
    depth, kind = np.ones((height, width), np.float32), generator.random()
    if 0.35 < kind < 0.7 or kind > 0.9:
        horizon = generator.uniform(0.3, 0.6)
        near = np.clip((np.linspace(0, 1, height, dtype=np.float32) - horizon) / (1 - horizon), 0, 1)
        depth += near[:, None] * np.float32(generator.uniform(0.2, 1.2))
    if kind > 0.7:
        depth += np.clip(draw_noise(generator, height, width, (2, 4, 8)), -1, 2) * np.float32(generator.uniform(0.05, 0.35))
    return depth


def _draw_thing_at_rest(
    generator: np.random.Generator,
    camera: Camera,
    background: UInt8[np.ndarray, "h w 3"],
    size: tuple[int, int],
    odds: SceneOdds,
) -> _Thing:
    """Return poles, bushes or bodies that stand still, mostly nearer than the background."""
    height, width = size
    side_px = int(height * generator.uniform(0.15, 1.3))
    kind, num_frames = generator.random(), len(camera.zoom)
    if kind < 0.35:
        picture = draw_body(generator, side_px, 1)[0]
    else:
        opacity: np.ndarray = np.zeros((side_px, side_px), np.uint8)
        if kind < 0.7:
            for _ in range(int(generator.integers(1, 4))):
                left = int(generator.integers(0, side_px))
                opacity[int(side_px * generator.uniform(0, 0.3)) :, left : left + int(generator.integers(3, 45))] = 255
        else:
            opacity[draw_noise(generator, side_px, side_px, (4, 8, 16)) > generator.uniform(0.2, 1)] = 255
            opacity = cv2.GaussianBlur(opacity, (0, 0), 1)
        picture = np.dstack([draw_texture(generator, side_px, side_px), opacity])
    depth = generator.uniform(0.7, 1.6) if generator.random() < odds.far_share else generator.uniform(1.2, odds.largest_depth)
    origin = (generator.uniform(-0.2, 0.9) * width, generator.uniform(-0.2, 0.8) * height)
    placements = [camera.place(step, depth, origin) for step in range(num_frames)]
    return _Thing(
        pictures=np.broadcast_to(picture, (num_frames, *picture.shape)),
        placements=placements,
        centres_px=np.zeros((num_frames, 2)),
        is_object=False,
    )


def _draw_object(
    generator: np.random.Generator,
    camera: Camera,
    background: UInt8[np.ndarray, "h w 3"],
    size: tuple[int, int],
    odds: SceneOdds,
    *,
    is_one_of_many: bool,
) -> _Thing:
    """Return something that moves by itself, from a tenth of the frame's height to more than all of it.

    The camera follows a third of them.
    """
    height, width = size
    num_frames = len(camera.zoom)
    largest = 0.3 if is_one_of_many else 1.4
    side_px = max(16, int(height * np.exp(generator.uniform(np.log(0.1), np.log(largest)))))
    if not is_one_of_many and generator.random() < odds.close_share:
        side_px = int(height * generator.uniform(*odds.close_sides))
    pictures = draw_body(generator, side_px, num_frames)
    if odds.fills_square:
        pictures = _fill_square(pictures)
    if generator.random() < 0.3:  # it is hard to see
        patch = cv2.resize(background[: side_px * 2, : side_px * 2], (side_px, side_px))
        share = generator.uniform(0.5, 0.85)
        pictures = pictures.copy()
        pictures[..., :3] = np.rint((1 - share) * pictures[..., :3] + share * patch).astype(np.uint8)
    speed_px = float(np.exp(generator.uniform(np.log(0.35), np.log(14))))
    path = draw_path(generator, num_frames, speed_px, 0.15 * speed_px)
    if generator.random() < 0.2:  # it comes to rest, or starts
        start, end = generator.permutation([0.0, 1.5])
        path = path * np.clip(np.linspace(start, end, num_frames), 0, 1)[:, None]
    path[:, 1] *= generator.uniform(0.2, 1)
    is_followed = generator.random() < odds.followed_share
    drift = path * 0.15 if is_followed else path + camera.shift_px
    place = np.array([generator.uniform(0.1, 0.9) * width, generator.uniform(0.15, 0.85) * height])
    centres = place + drift - drift[num_frames // 2]
    turn = draw_drift(generator, num_frames, generator.choice([0, 0.005, 0.03]), 0.0)
    growth = np.exp(draw_drift(generator, num_frames, generator.choice([0, 0.004, 0.015]), 0.0))
    placements = []
    for step in range(num_frames):
        moved = np.eye(3)
        moved[:2, 2] = centres[step] - side_px / 2
        placements.append(moved @ build_similarity(float(turn[step]), float(growth[step]), (side_px / 2, side_px / 2)))
    foot = (centres + np.array([0, 0.35 * side_px])).astype(np.float32)
    leaves_trace = generator.random()
    return _Thing(
        pictures=pictures,
        placements=placements,
        centres_px=centres,
        is_object=True,
        shadow=(generator.uniform(0.2, 0.7), generator.uniform(-1.2, 1.2)) if generator.random() < 0.35 else None,
        reflection=generator.uniform(0.2, 0.7) if generator.random() < 0.15 else 0.0,
        particles=draw_particles(generator, foot, float(side_px), floats=leaves_trace < odds.smoke_shares[0])
        if leaves_trace < odds.smoke_shares[1]
        else None,
    )


def _render_background(
    background: UInt8[np.ndarray, "h w 3"],
    depth: Float32[np.ndarray, "h w"],
    camera: Camera,
    step: int,
    size: tuple[int, int],
) -> tuple[UInt8[np.ndarray, "H W 3"], Float32[np.ndarray, "H W"], Float32[np.ndarray, "H W"]]:
    """Return the background as frame `step` sees it, and the places of the background that its pixels show."""
    height, width = size
    origin = (-(background.shape[1] - width) / 2, -(background.shape[0] - height) / 2)
    back = np.linalg.inv(camera.place(step, 1.0, origin))
    rows, columns = np.indices((height, width), dtype=np.float32)
    scale = back[2, 0] * columns + back[2, 1] * rows + back[2, 2]
    across = ((back[0, 0] * columns + back[0, 1] * rows + back[0, 2]) / scale).astype(np.float32)
    down = ((back[1, 0] * columns + back[1, 1] * rows + back[1, 2]) / scale).astype(np.float32)
    nearer = cv2.remap(depth, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) - 1
    shift = camera.shift_px[step].astype(np.float32)
    zoom = np.float32(np.log(camera.zoom[step]))
    across -= nearer * (shift[0] + zoom * (columns - width / 2))
    down -= nearer * (shift[1] + zoom * (rows - height / 2))
    image = cv2.remap(background, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return _blur_motion(image, camera.shift_px, step), across, down


def _build_ripples(
    things: list[_Thing], across: Float32[np.ndarray, "H W"], down: Float32[np.ndarray, "H W"], step: int
) -> Float32[np.ndarray, "H W"]:
    """Return the slopes of all wakes. An object's place and heading are looked up where the water is that it lies on."""
    total = np.zeros_like(across)
    for thing in things:
        if thing.wake is None:
            continue
        columns, rows = (np.clip(thing.centres_px[:, axis], 0, across.shape[1 - axis] - 1).astype(int) for axis in (0, 1))
        place = np.array([across[rows[step], columns[step]], down[rows[step], columns[step]]], np.float32)
        total += thing.wake.build(across, down, place)
    return total


def _let_float(generator: np.random.Generator, thing: _Thing, camera: Camera) -> _Thing:
    """Return the object lying in water: its lower part is hidden, it has a wake, and mostly a mirror image."""
    waterline = generator.uniform(0.45, 0.85)
    drift = thing.centres_px - camera.shift_px
    through_px = (drift[-1] - drift[0]) / max(len(drift) - 1, 1)
    pictures = thing.pictures.copy()
    pictures[:, int(waterline * pictures.shape[1]) :, :, 3] = 0
    return replace(
        thing,
        pictures=pictures,
        waterline_fraction=waterline,
        wake=draw_wake(generator, float(pictures.shape[1]), through_px),
        reflection=generator.uniform(0.3, 0.9) if generator.random() < 0.7 else 0.0,
        shadow=None,
    )


def _fill_square(pictures: UInt8[np.ndarray, "m q q 4"]) -> UInt8[np.ndarray, "m q q 4"]:
    """Return the pictures enlarged until what is opaque in any of them touches two sides of the square."""
    opaque = pictures[..., 3].max(axis=0) > _OPAQUE
    if not opaque.any():
        return pictures
    rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
    side = pictures.shape[1]
    factor = side / (max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1)
    centre = ((rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2)
    enlarge = np.array([[factor, 0, side / 2 - factor * centre[1]], [0, factor, side / 2 - factor * centre[0]]])
    return np.stack([cv2.warpAffine(picture, enlarge, (side, side), borderMode=cv2.BORDER_CONSTANT) for picture in pictures])


def _render_things(
    things: list[_Thing], image: UInt8[np.ndarray, "H W 3"], step: int, restless: list[Restless]
) -> tuple[UInt8[np.ndarray, "H W 3"], Float32[np.ndarray, "H W"]]:
    """Return the frame and the opacity of what moves by itself.

    Reflections lie below the water's waves, and everything else above them.
    """
    size = image.shape[:2]
    moved = [_place(thing, step, size) for thing in things]
    for thing, picture in zip(things, moved, strict=True):
        if thing.reflection and thing.wake is None:
            image = _lay_reflection(image, picture, thing, step)
    for region in restless:
        image = region.apply(image, step)
    opacity: np.ndarray = np.zeros(size, np.float32)
    for thing, picture in zip(things, moved, strict=True):
        share = picture[..., 3].astype(np.float32) / 255
        if thing.shadow is not None:
            image = _lay_shadow(image, share, thing, step)
        image = np.rint(image * (1 - share[..., None]) + picture[..., :3] * share[..., None]).astype(np.uint8)
        opacity = np.maximum(opacity, share) if thing.is_object else opacity * (1 - share)
        if thing.particles is not None:
            image = thing.particles.apply(image, step)
    return image, opacity


def _place(thing: _Thing, step: int, size: tuple[int, int]) -> UInt8[np.ndarray, "H W 4"]:
    height, width = size
    picture = cv2.warpPerspective(thing.pictures[step], thing.placements[step], (width, height))
    return _blur_motion(picture, thing.centres_px, step)


def _blur_motion(
    image: UInt8[np.ndarray, "h w c"], places_px: Float64[np.ndarray, "m 2"], step: int
) -> UInt8[np.ndarray, "h w c"]:
    """Return the image blurred along the step that led to this frame, as an open shutter does."""
    motion = (places_px[step] - places_px[max(step - 1, 0)]) * _SHUTTER
    length_px = float(np.linalg.norm(motion))
    if length_px < _LEAST_BLUR_PX:
        return image
    reach = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    ends = [tuple(round(float(reach + sign * value / 2)) for value in motion) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def _lay_shadow(
    image: UInt8[np.ndarray, "h w 3"], share: Float32[np.ndarray, "h w"], thing: _Thing, step: int
) -> UInt8[np.ndarray, "h w 3"]:
    """Return the image darkened where the object's outline, flattened and leaning from its foot, lies on the ground."""
    assert thing.shadow is not None
    dark, lean = thing.shadow
    foot = thing.centres_px[step] + np.array([0, 0.35 * thing.pictures.shape[1]])
    flat = np.array([[1, lean, -lean * foot[1]], [0, -0.35, 1.35 * foot[1]]])
    shade = cv2.warpAffine(share, flat, image.shape[1::-1])
    shade = cv2.GaussianBlur(shade, (0, 0), 2.5)[..., None] * np.float32(dark)
    return np.rint(image * (1 - shade)).astype(np.uint8)


def _lay_reflection(
    image: UInt8[np.ndarray, "h w 3"], picture: UInt8[np.ndarray, "h w 4"], thing: _Thing, step: int
) -> UInt8[np.ndarray, "h w 3"]:
    """Return the image with the object upside down below its foot."""
    foot_px = thing.centres_px[step, 1] + (thing.waterline_fraction - 0.5) * thing.pictures.shape[1]
    mirror = np.array([[1.0, 0, 0], [0, -1.0, 2 * foot_px]])
    below = cv2.warpAffine(picture, mirror, image.shape[1::-1])
    share = below[..., 3:].astype(np.float32) / 255 * np.float32(thing.reflection)
    return np.rint(image * (1 - share) + below[..., :3] * share).astype(np.uint8)

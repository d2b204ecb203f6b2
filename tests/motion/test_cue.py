from dataclasses import replace
from importlib.resources import files

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from ike_ray.drawn.scene import DrawnScene, draw_scene
from ike_ray.flow.dis import estimate_dis
from ike_ray.motion.cue import WEIGHTS, estimate_far_cue, estimate_network_cue, read_motion_network
from ike_ray.records import FarFlow, Flow

SEED = 53  # a still camera and one small object


@pytest.fixture(scope="module")
def scene() -> DrawnScene:
    return draw_scene(SEED, num_frames=5, height=160, width=288)


@pytest.fixture(scope="module")
def flow(scene: DrawnScene) -> Flow:
    return estimate_dis(scene.frames)


def estimate(scene: DrawnScene, flow: Flow) -> torch.Tensor:
    return estimate_network_cue(
        torch.from_numpy(flow.forward), torch.from_numpy(flow.backward), torch.from_numpy(scene.frames)
    )


def test_the_weights_come_with_the_package_and_fit_the_network() -> None:
    data = files("ike_ray.motion").joinpath(WEIGHTS).read_bytes()
    assert len(data) < 8_000_000
    network = read_motion_network("cpu")
    assert not network.training
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())
    assert read_motion_network("cpu") is network


def test_the_cue_is_a_probability_and_high_on_what_moves(scene: DrawnScene, flow: Flow) -> None:
    cue = estimate(scene, flow)
    assert cue.shape == scene.opacity.shape
    assert torch.isfinite(cue).all()
    assert cue.min() >= 0
    assert cue.max() <= 1
    inside, outside = torch.from_numpy(scene.opacity > 200), torch.from_numpy(scene.opacity == 0)
    assert cue[inside].mean() > 0.5
    assert cue[outside].mean() < 0.1


def test_how_frames_are_batched_changes_next_to_nothing(
    scene: DrawnScene, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = estimate(scene, flow)
    monkeypatch.setattr("ike_ray.motion.cue._PIXELS_A_BATCH", 1)
    torch.testing.assert_close(estimate(scene, flow), together, atol=0.02, rtol=0)


def test_a_larger_working_size_says_the_same(scene: DrawnScene, flow: Flow) -> None:
    """Twice as many pixels each way, and flow of twice as many of them: the masks are the same but for their outlines."""
    large = [np.repeat(np.repeat(field * 2, 2, axis=1), 2, axis=2) for field in (flow.forward, flow.backward)]
    frames = np.repeat(np.repeat(scene.frames, 2, axis=1), 2, axis=2)
    cue = estimate_network_cue(*(torch.from_numpy(values) for values in (*large, frames)))
    assert cue.shape == frames.shape[:3]
    shrunk = functional.avg_pool2d(cue[:, None], 2)[:, 0]
    masks, larger = estimate(scene, flow) > 0.5, shrunk > 0.5
    assert (masks & larger).sum() / (masks | larger).sum() > 0.85


def test_nothing_moves_and_a_single_frame() -> None:
    frames = torch.randint(256, (4, 40, 56, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    frames[:] = frames[:1].clone()
    still, pan = torch.zeros(3, 40, 56, 2), torch.full((3, 40, 56, 2), 2.5)
    assert not estimate_network_cue(still, still, frames).any()
    assert not estimate_network_cue(pan, -pan, frames).any()  # the camera alone
    nothing = torch.zeros(0, 40, 56, 2)
    single = estimate_network_cue(nothing, nothing, frames[:1])
    assert single.shape == (1, 40, 56)
    assert not single.any()


def draw_slow_clip(num_frames: int, speed_px: float) -> np.ndarray:
    """A textured rectangle at rows 50 to 110 and columns 100 to 150 goes to the right, before a background at rest."""
    generator = np.random.default_rng(0)
    background, body = (draw_texture(generator, *size) for size in ((160, 288), (60, 50)))
    frames = []
    for step in range(num_frames):
        shift = np.array([[1, 0, 100 + speed_px * step], [0, 1, 50]], np.float32)
        moved, opacity = (cv2.warpAffine(image, shift, (288, 160)) for image in (body, np.ones((60, 50), np.float32)))
        frames.append(background * (1 - opacity[..., None]) + moved * opacity[..., None])
    return np.stack(frames).round().astype(np.uint8)


def draw_texture(generator: np.random.Generator, height: int, width: int) -> np.ndarray:
    noise = cv2.GaussianBlur(generator.uniform(-1, 1, (height, width, 3)).astype(np.float32), (0, 0), 1.5)
    return (noise / noise.std() * 40 + 128).clip(0, 255)


def test_slow_motion_is_seen_over_a_gap() -> None:
    """A thirty-second of a pixel a frame is lost between neighbours. Over eight frames it is a quarter of a pixel."""
    frames, gap = draw_slow_clip(16, 1 / 32), 8
    images, flow = torch.from_numpy(frames), estimate_dis(frames)
    far = FarFlow(gap=gap, flows=tuple(estimate_dis(frames[first::gap]) for first in range(gap)))
    near = estimate_network_cue(torch.from_numpy(flow.forward), torch.from_numpy(flow.backward), images)
    over_gap = estimate_far_cue(far, images)
    inside, outside = (slice(None), slice(55, 105), slice(105, 145)), (slice(None), slice(0, 40))
    assert near[inside].mean() < 0.3
    assert over_gap[inside].mean() > 0.8
    assert over_gap[outside].mean() < 0.05


def test_each_frame_has_the_answer_of_its_own_flow(scene: DrawnScene) -> None:
    flows = tuple(estimate_dis(scene.frames[first::2]) for first in range(2))
    cue = estimate_far_cue(FarFlow(gap=2, flows=flows), torch.from_numpy(scene.frames))
    for first, flow in enumerate(flows):
        part = replace(scene, frames=scene.frames[first::2], opacity=scene.opacity[first::2])
        torch.testing.assert_close(cue[first::2], estimate(part, flow))


def test_the_answer_is_the_same_twice(scene: DrawnScene, flow: Flow) -> None:
    np.testing.assert_array_equal(estimate(scene, flow).numpy(), estimate(scene, flow).numpy())

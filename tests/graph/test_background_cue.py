import numpy as np
import pytest
import torch

from ike_ray.flow.camera import fit_camera
from ike_ray.graph import background_cue
from ike_ray.graph.background_cue import build_background_cue, join_background

HEIGHT, WIDTH = 48, 64


def draw(rng: np.random.Generator, num_frames: int, *, pan_px: int = 0, step_px: int = 4) -> np.ndarray:
    """A red square of 12 x 12 pixels goes to the right over a smooth grey scene, before a camera that pans."""
    scene = np.kron(rng.integers(60, 160, (HEIGHT // 4, (WIDTH + pan_px * num_frames) // 4 + 1)), np.ones((4, 4)))
    frames = np.empty((num_frames, HEIGHT, WIDTH, 3), np.uint8)
    for index in range(num_frames):
        frames[index] = scene[:, pan_px * index : pan_px * index + WIDTH, None]
        frames[index, 18:30, step_px * index : step_px * index + 12] = (220, 30, 30)
    return frames


def build(frames: np.ndarray, *, pan_px: int = 0) -> torch.Tensor:
    """The flow is that of the camera alone, and exact: content moves to the left."""
    forward = torch.zeros(len(frames) - 1, *frames.shape[1:3], 2)
    forward[..., 0] = -pan_px
    return build_background_cue((fit_camera(forward), fit_camera(-forward)), torch.from_numpy(frames))[0]


@pytest.mark.parametrize("pan_px", [0, 1])
def test_what_moves_on_differs_from_what_lies_behind_it(rng: np.random.Generator, pan_px: int) -> None:
    """It covers a pixel for at most six frames, so those that are six frames away show what is behind."""
    frames = draw(rng, 25, pan_px=pan_px, step_px=2)
    cue = build(frames, pan_px=pan_px)
    assert cue.shape == (25, HEIGHT, WIDTH)
    for index in (8, 12, 16):
        is_object = np.zeros((HEIGHT, WIDTH), bool)
        is_object[18:30, 2 * index : 2 * index + 12] = True
        assert cue[index][torch.from_numpy(is_object)].min() > 0.9
        around = ~is_object
        around[16:32, max(0, 2 * index - 2) : 2 * index + 14] = False  # frames are smoothed
        assert cue[index][torch.from_numpy(around)].max() < 0.1


def test_the_value_is_the_stated_one_by_hand() -> None:
    """24 grey frames before one that is lighter in a third of it: L is 53.6 and 57.6 there, and a and b are 0."""
    frames = np.full((25, 30, 36, 3), 128, np.uint8)
    frames[24, :, :12] = 138
    square = (57.6 - 53.6) ** 2
    torch.testing.assert_close(build(frames)[24, 15, 4], torch.tensor(square / (square + 64)), atol=0.01, rtol=0)


def test_a_background_that_varies_counts_less(rng: np.random.Generator) -> None:
    """Leaves flutter in the upper half of the frames: the same square stands out less before them."""
    frames = np.full((25, 40, 40, 3), 128, np.uint8)
    frames[:, :20] = rng.integers(64, 192, (25, 20, 40, 1))
    frames[12, 8:14, 10:20] = frames[12, 28:34, 10:20] = (180, 180, 180)
    cue = build(frames)[12]
    assert cue[28:34, 12:18].mean() > 0.7
    assert cue[8:14, 12:18].mean() < cue[28:34, 12:18].mean() - 0.1
    assert cue[:6].mean() < 0.3


def test_light_that_changes_is_nobodys_motion(rng: np.random.Generator) -> None:
    """The scene is 12 % darker at the end than in the middle."""
    frames = draw(rng, 25, step_px=2)
    darker = (frames * np.linspace(1, 0.76, 25)[:, None, None, None]).astype(np.uint8)
    cue = build(darker)[24]
    assert cue[18:30, 50:58].min() > 0.9
    assert cue[:14].mean() < 0.1


def test_what_stays_in_its_place_is_background(rng: np.random.Generator) -> None:
    assert build(draw(rng, 25, step_px=0)).max() < 1e-4


@pytest.mark.parametrize("num_frames", [1, 2, 6, 18])
def test_too_few_frames_say_nothing(rng: np.random.Generator, num_frames: int) -> None:
    """Each of 18 frames has at most two others that lie six or twelve away."""
    cue = build(draw(rng, num_frames, step_px=2))
    assert cue.shape == (num_frames, HEIGHT, WIDTH)
    assert not cue.any()


def test_how_many_frames_are_compared_at_once_changes_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = draw(rng, 25, pan_px=1, step_px=2)
    whole = build(frames, pan_px=1)
    monkeypatch.setattr(background_cue, "_PIXELS_AT_ONCE", 1)
    torch.testing.assert_close(build(frames, pan_px=1), whole)


def test_both_cues_are_joined_by_hand() -> None:
    """A cue that is 0 counts as 0.05: sqrt(1.05 * 0.05) - 0.05 is 0.179."""
    motion = torch.tensor([[[0.4, 0.0, 1.0, 0.0, 1.0, 0.3]]])
    background = torch.tensor([[[0.4, 0.0, 0.0, 1.0, 1.0, 0.0]]])
    is_known = torch.tensor([[[True, True, True, True, True, False]]])
    expected = torch.tensor([[[0.4, 0.0, 0.179, 0.179, 1.0, 0.3]]])
    torch.testing.assert_close(join_background(motion, background, is_known), expected, atol=1e-3, rtol=0)


def test_what_is_not_known_is_said_to_be(rng: np.random.Generator) -> None:
    """The camera pans to the right, so the left border of the last frame is in more frames than its right border."""
    forward = torch.zeros(24, HEIGHT, WIDTH, 2)
    forward[..., 0] = -1
    cameras = fit_camera(forward), fit_camera(-forward)
    cue, is_known = build_background_cue(cameras, torch.from_numpy(draw(rng, 25, pan_px=1, step_px=2)))
    assert is_known[24, :, : WIDTH - 20].all()
    assert not is_known[24, :, WIDTH - 17 :].any()  # 18 frames before, what is 18 pixels from the border was not seen yet
    assert not cue[~is_known].any()

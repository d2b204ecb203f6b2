import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ike_ray.motion.maps import HORIZONTAL, NUM_MAPS, VERTICAL, build_motion_maps
from ike_ray.motion.train import reverse_maps

HEIGHT, WIDTH, NUM_FRAMES = 64, 96, 4
TEXTURE, EDGES = 10, 11


def build_clip() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Exact flow both ways, frames and masks of a square of 16 that goes 2 pixels to the right a frame, over still noise."""
    frames = torch.randint(256, (HEIGHT, WIDTH, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    frames = frames.expand(NUM_FRAMES, HEIGHT, WIDTH, 3).clone()
    masks = torch.zeros(NUM_FRAMES, HEIGHT, WIDTH, dtype=torch.bool)
    for step in range(NUM_FRAMES):
        masks[step, 24:40, 30 + 2 * step : 46 + 2 * step] = True
        frames[step][masks[step]] = frames[0, 24:40, 30:46].reshape(-1, 3)
    motion = torch.tensor([2.0, 0.0])
    return masks[:-1, ..., None] * motion, masks[1:, ..., None] * -motion, frames, masks


def test_motion_is_in_the_square_and_nowhere_else() -> None:
    """The shorter side has 64 pixels, so that 2 px count as 5 of 160: asinh(5 / 0.3). Up and down nothing moves."""
    forward, backward, frames, masks = build_clip()
    maps = build_motion_maps(forward, backward, frames)
    assert maps.shape == (NUM_FRAMES, NUM_MAPS, HEIGHT, WIDTH)
    for across in (0, 2, 4):
        torch.testing.assert_close(
            maps[:, across][masks], torch.tensor(math.asinh(5 / 0.3)).expand(masks.sum()), atol=0.01, rtol=0
        )
        assert maps[:, across][~masks].abs().max() < 0.05
    for down in (1, 3, 5):
        assert maps[:, down].abs().max() < 0.05


def test_shares_are_of_the_98th_percentile_and_the_square_covers_more_than_two_hundredths() -> None:
    forward, backward, frames, masks = build_clip()
    assert masks[0].float().mean() > 0.02
    maps = build_motion_maps(forward, backward, frames)
    for share in (8, 9):
        torch.testing.assert_close(maps[:, share][masks], torch.ones(masks.sum()), atol=0.01, rtol=0)
        assert maps[:, share][~masks].max() < 0.01


def test_flow_is_trusted_where_it_leads_back() -> None:
    """What the square uncovers or hides does not; well inside it and far from it flow is exact."""
    forward, backward, frames, _ = build_clip()
    maps = build_motion_maps(forward, backward, frames)
    assert maps[:, 6:8, 28:36, 38:40].min() > 0.99
    assert maps[:, 6:8, :, :24].min() > 0.99
    assert maps[0, 6, 32, 47] < 0.2  # the square hides this pixel in the next frame


def test_vectors_and_sizes_are_averaged_along_chains() -> None:
    """A wave goes to and fro. In frame k its vector is the mean of the steps before and after; a frame n steps away weighs
    exp(-n / 3): vectors cancel each other, sizes do not."""
    steps = np.array([1, 1, -1, -1, 1, 1, -1, -1])
    forward = torch.zeros(8, HEIGHT, WIDTH, 2)
    forward[:, 20:44, 26:50, 0] = torch.from_numpy(steps).float()[:, None, None]
    frames = build_clip()[2][:1].expand(9, HEIGHT, WIDTH, 3)
    maps = build_motion_maps(forward, -forward, frames)[:, :, 32, 38].numpy()
    vectors = (np.append(steps, steps[-1]) + np.append(steps[0], steps)) / 2
    weights = np.exp(-np.abs(np.arange(9)[:, None] - np.arange(9)) / 3)
    weights /= weights.sum(axis=1, keepdims=True)
    scale = 160 / HEIGHT / 0.3
    np.testing.assert_allclose(maps[:, 12], np.arcsinh(weights @ vectors * scale), atol=0.05)
    np.testing.assert_allclose(maps[:, 14], np.arcsinh(weights @ np.abs(vectors) * scale), atol=0.05)
    assert np.abs(maps[4, 12]) < 0.5 * maps[4, 14]


def test_a_clip_played_backwards_has_the_reversed_maps() -> None:
    forward, backward, frames, _ = build_clip()
    maps = build_motion_maps(forward, backward, frames)
    backwards = build_motion_maps(backward.flip(0), forward.flip(0), frames.flip(0)).flip(0)
    torch.testing.assert_close(reverse_maps(maps), backwards, atol=0.02, rtol=0)
    assert (backwards - maps).abs().max() > 1


@pytest.mark.parametrize(("axis", "changed"), [(2, HORIZONTAL), (1, VERTICAL)])
def test_a_mirror_changes_the_sign_of_the_motion_along_its_axis(axis: int, changed: tuple[int, ...]) -> None:
    """The gradient of the picture looks one pixel to the right and down, and is left out."""
    forward, backward, frames, masks = build_clip()
    forward[..., 1], backward[..., 1] = masks[:-1] * 1.0, masks[1:] * -1.0
    sign = torch.tensor([-1.0, 1.0] if axis == 2 else [1.0, -1.0])
    mirrored = build_motion_maps(*(field.flip(axis) * sign for field in (forward, backward)), frames.flip(axis))
    expected = build_motion_maps(forward, backward, frames).flip(axis + 1)
    expected[:, list(changed)] *= -1
    compared = [number for number in range(NUM_MAPS) if number != EDGES]
    torch.testing.assert_close(mirrored[:, compared], expected[:, compared], atol=0.05, rtol=0)
    assert mirrored[:, changed[0]].abs().max() > 1


def test_the_motion_of_the_camera_is_only_in_the_flow_itself() -> None:
    _, _, frames, _ = build_clip()
    pan = torch.tensor([1.5, 0.0]).expand(NUM_FRAMES - 1, HEIGHT, WIDTH, 2)
    maps = build_motion_maps(pan, -pan, frames)
    assert maps[:, [0, 1, 2, 3, 8, 9, 12, 13, 14, 15]].abs().max() < 0.05
    torch.testing.assert_close(maps[:, 4], torch.full((NUM_FRAMES, HEIGHT, WIDTH), math.asinh(1.5 * 2.5 / 0.3)))


def test_a_single_frame_has_texture_and_edges_and_nothing_else() -> None:
    nothing = torch.zeros(0, HEIGHT, WIDTH, 2)
    maps = build_motion_maps(nothing, nothing, build_clip()[2][:1])
    assert maps.shape == (1, NUM_MAPS, HEIGHT, WIDTH)
    assert maps[:, TEXTURE].min() > 0.9  # noise
    assert maps[:, EDGES].max() == 1
    others = [number for number in range(NUM_MAPS) if number not in (TEXTURE, EDGES)]
    assert not maps[:, others].any()


def test_an_edge_of_a_tenth_of_the_range_is_half_of_the_largest_one() -> None:
    """A step of 25.5 grey levels is 0.1 of the range; five times that is shown."""
    nothing = torch.zeros(0, 8, 10, 2)
    frame = torch.full((1, 8, 10, 3), 100, dtype=torch.uint8)
    frame[:, :, 5:] = torch.tensor([125, 126, 125.5 * 3 - 251], dtype=torch.uint8)
    edges = build_motion_maps(nothing, nothing, frame)[0, EDGES]
    torch.testing.assert_close(edges[:, 4], torch.full((8,), 5 * 76 / 3 / 255), atol=1e-5, rtol=0)
    assert not edges[:, 5:].any()
    assert not edges[:, :4].any()

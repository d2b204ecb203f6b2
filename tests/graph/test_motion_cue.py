import torch

from ike_ray.datasets.synthetic import DrawnClip
from ike_ray.graph.motion_cue import build_motion_cue, weigh_motion_cue
from ike_ray.graph.walk import build_chain_walk

DECAY_FRAMES = 7.0


def build(forward: torch.Tensor, backward: torch.Tensor, frames: torch.Tensor | None = None) -> torch.Tensor:
    """Over noise, which is all texture, where no frames are given."""
    if frames is None:
        shape = (len(forward) + 1, *forward.shape[1:3], 3)
        frames = torch.randint(256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return build_motion_cue(build_chain_walk(forward, backward, DECAY_FRAMES), frames)


def test_it_is_the_object_of_a_drawn_clip_whose_camera_moves(drawn_clip: DrawnClip) -> None:
    forward = torch.from_numpy(drawn_clip.forward)
    backward = -torch.from_numpy(drawn_clip.forward)  # nearly: the object has moved on by a few pixels
    cue = build(forward, backward, torch.from_numpy(drawn_clip.frames))
    inside = torch.from_numpy(drawn_clip.masks)
    assert cue.shape == inside.shape
    assert cue[:-1][inside[:-1]].mean() > 0.8
    assert cue[:-1][~inside[:-1]].mean() < 0.1


def test_the_camera_alone_is_nothing() -> None:
    pan = torch.tensor([3.0, 1.0]).expand(4, 24, 32, 2)
    assert build(pan, -pan).max() < 0.01


def test_a_frame_in_which_hardly_anything_moves_stays_dark() -> None:
    field = torch.zeros(6, 24, 32, 2)
    field[:, 8:16, 10:20, 0] = 4.0
    field[2:4] *= 0.02
    cue = build(field, -field)
    assert cue[0].max() == 1
    assert cue[3].max() < 0.1


def test_one_frame_and_no_motion() -> None:
    assert not build(torch.zeros(0, 8, 9, 2), torch.zeros(0, 8, 9, 2)).any()
    assert not build(torch.zeros(3, 8, 9, 2), torch.zeros(3, 8, 9, 2)).any()


def test_flow_without_texture_is_not_believed() -> None:
    field = torch.zeros(3, 40, 60, 2)
    field[:, 10:30, 20:40, 0] = 2.0
    frames = torch.full((4, 40, 60, 3), 128, dtype=torch.uint8)
    assert not build(field, -field, frames).any()
    frames[:, 20:] = torch.randint(256, (4, 20, 60, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    cue = build(field, -field, frames)
    assert cue[:, 22:29, 22:38].mean() > 0.8
    assert cue[:, 10:14, 22:38].max() < 0.05


def test_a_second_cue_lowers_the_motion_of_what_it_does_not_see() -> None:
    """Two squares move; the second cue has one of them, and a frame that is darker stays as dark."""
    still = torch.zeros(2, 24, 32, 2)
    walk = build_chain_walk(still, -still, DECAY_FRAMES)
    motion = torch.zeros(3, 24, 32)
    motion[:, 4:10, 4:10] = motion[:, 14:20, 20:26] = 1.0
    motion[2] *= 0.2
    second = torch.zeros_like(motion)
    second[:, 4:10, 4:10] = 0.3  # it is not sure of it
    weighed = weigh_motion_cue(motion, second, walk, 0.5)
    torch.testing.assert_close(weighed[:, 4:10, 4:10], motion[:, 4:10, 4:10])
    torch.testing.assert_close(weighed[:, 14:20, 20:26], motion[:, 14:20, 20:26] / 2)
    torch.testing.assert_close(weigh_motion_cue(motion, second, walk, 0.0), motion)
    assert not weigh_motion_cue(motion, second, walk, 1.0)[:, 14:20, 20:26].any()


def test_a_second_cue_that_sees_nothing_or_everything_changes_nothing(generator: torch.Generator) -> None:
    still = torch.zeros(2, 24, 32, 2)
    walk = build_chain_walk(still, -still, DECAY_FRAMES)
    motion = torch.rand(3, 24, 32, generator=generator)
    for level in (0.0, 0.7):
        weighed = weigh_motion_cue(motion, torch.full_like(motion, level), walk, 0.5)
        torch.testing.assert_close(weighed, motion)

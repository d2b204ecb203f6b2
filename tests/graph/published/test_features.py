import pytest
import torch

from ike_ray.graph.published.features import build_cue_features, build_features, build_motion_features
from tests.reference.literal_graph import build_literal_features


def constant_flow(*steps: float) -> torch.Tensor:
    """Flow of one row of four pixels, dx as stated at each step, dy 0."""
    flow = torch.zeros(len(steps), 1, 4, 2)
    flow[..., 0] = torch.tensor(steps)[:, None, None]
    return flow


def test_blocks_hold_the_steps_in_the_order_of_the_frames() -> None:
    """Three frames, steps of 1 and 3 forward, 10 and 30 backward. Frame numbers outside become the first or last frame."""
    features = build_motion_features(constant_flow(1, 3), constant_flow(10, 30), 2)
    # Frame 0 is its own past, so 0. Its future is 1 and then 3. Blocks are scaled by their ranges: past 0..30, future 0..3.
    torch.testing.assert_close(features[0, :, 0], torch.tensor([0, 0, 1 / 3, 1, 0, 0, 0, 0]))
    # In the past of frame 1, frame -1 becomes frame 0, so 10 and 10. Its future is 3 and, as the last frame again, 3.
    torch.testing.assert_close(features[1, :, 0], torch.tensor([1 / 3, 1 / 3, 1, 1, 0, 0, 0, 0]))
    # Of frame 2: frames 0 and 1 are reached by 10 and 30.
    torch.testing.assert_close(features[2, :, 0], torch.tensor([1 / 3, 1, 0, 0, 0, 0, 0, 0]))


@pytest.mark.parametrize("num_frames", [1, 2, 4, 9])
def test_they_are_the_literal_ones(num_frames: int, generator: torch.Generator) -> None:
    """In videos shorter and longer than the reach, with motion out of the image."""
    forward, backward = (2 * torch.randn((2, num_frames - 1, 6, 7, 2), generator=generator)).unbind()
    features = build_motion_features(forward, backward, 3)
    torch.testing.assert_close(features, build_literal_features(forward, backward, 3))


def test_no_motion_and_one_frame_give_zeros() -> None:
    assert not build_motion_features(constant_flow(0, 0), constant_flow(0, 0), 2).any()
    nothing = torch.zeros(0, 1, 4, 2)
    assert build_motion_features(nothing, nothing, 2).shape == (1, 8, 4)


def test_a_cue_is_read_at_the_truncated_position_of_the_chain() -> None:
    cue = torch.tensor([[[[0.0, 0.1, 0.2, 0.3]], [[0.5, 0.6, 0.7, 1.0]]]])  # one cue, two frames, one row
    features = build_cue_features(constant_flow(1.9), constant_flow(-1.5), cue)
    # Frame 0, pixel 1: the frame before is itself, itself, and pixel 2.9 -> 2 of frame 1.
    torch.testing.assert_close(features[0, :, 1], torch.tensor([0.1, 0.1, 0.7]))
    assert features[0, 2, 3] == 0  # 4.9 lies outside
    # Frame 1, pixel 1: -0.5 is truncated to 0; frame 2 becomes frame 1.
    torch.testing.assert_close(features[1, :, 1], torch.tensor([0.0, 0.6, 0.6]))


def test_motion_and_cues_stand_side_by_side(generator: torch.Generator) -> None:
    forward, backward = torch.randn((2, 4, 5, 6, 2), generator=generator).unbind()
    cues = torch.rand((1, 5, 5, 6), generator=generator)
    motion = build_motion_features(forward, backward, 2)
    assert torch.equal(build_features(forward, backward, None, 2), motion)
    both = build_features(forward, backward, cues, 2)
    assert torch.equal(both, torch.cat([motion, build_cue_features(forward, backward, cues)], dim=1))

import torch

from ike_ray.graph.published.chains import follow_chains


def test_positions_add_up_the_flow_read_at_the_rounded_position() -> None:
    """Row of five pixels; every pixel moves by 0.6 at first, pixel 1 by 2 at the second step, the others stand still."""
    forward = torch.zeros(2, 1, 5, 2)
    forward[0, 0, :, 0] = 0.6
    forward[1, 0, 1, 0] = 2.0
    steps = list(follow_chains(forward, torch.zeros_like(forward), 5))[:2]
    assert [(step.gap, step.pivots) for step in steps] == [(1, range(2)), (2, range(1))]
    torch.testing.assert_close(steps[0].position_px[0, 0], torch.tensor([0.6, 0.0]))
    # 0.6 is nearest to pixel 1, so the chain of pixel 0 takes its flow and stands at 2.6, not at 3.
    torch.testing.assert_close(steps[1].position_px[0, 0], torch.tensor([2.6, 0.0]))
    torch.testing.assert_close(steps[1].position_px[0, 1], torch.tensor([1.6, 0.0]))


def test_a_chain_goes_on_outside_with_the_flow_at_the_border() -> None:
    forward = torch.full((3, 2, 2, 2), 4.0)
    last = list(follow_chains(forward, forward, 3))[2]
    torch.testing.assert_close(last.position_px[0, 3], torch.tensor([13.0, 13.0]))


def test_backward_chains_read_backward_flow_and_end_with_the_video() -> None:
    backward = torch.stack([torch.full((2, 3, 2), float(step + 1)) for step in range(3)])
    steps = list(follow_chains(torch.zeros_like(backward), backward, 9))[3:]
    assert [(step.gap, step.pivots) for step in steps] == [(-1, range(1, 4)), (-2, range(2, 4)), (-3, range(3, 4))]
    of_frame_2 = [step.displacement_px[step.pivots.index(2), 0, 0].item() for step in steps[:2]]
    assert of_frame_2 == [2.0, 1.0]  # entry 1 leads from frame 2 to frame 1


def test_a_single_frame_has_no_chains() -> None:
    assert not list(follow_chains(torch.zeros(0, 2, 3, 2), torch.zeros(0, 2, 3, 2), 3))

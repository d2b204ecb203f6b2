import numpy as np
import pytest

from ike_ray.flow.far import estimate_far_flows
from ike_ray.records import Clip, Flow


def build_clip(num_frames: int) -> Clip:
    frames = np.zeros((num_frames, 4, 6, 3), np.uint8)
    return Clip(
        frames=frames,
        flow_frames=frames,
        frame_indices=np.arange(num_frames),
        timestamps_s=np.arange(num_frames) / 10,
        height=4,
        width=6,
        fps=10.0,
    )


def build_flow(num_frames: int, speed_px: float) -> Flow:
    steps = np.zeros((max(0, num_frames - 1), 4, 6, 2), np.float32)
    steps[..., 0] = speed_px
    return Flow(forward=steps, backward=-steps)


def estimate_ends(clip: Clip) -> Flow:
    """The flow of each step is the index of the frame that it leads to."""
    ahead, behind = (
        np.broadcast_to(indices[:, None, None, None], (len(clip.frames) - 1, 4, 6, 2)).astype(np.float32)
        for indices in (clip.frame_indices[1:], clip.frame_indices[:-1])
    )
    return Flow(forward=ahead, backward=behind)


def test_each_frame_is_in_one_flow_with_its_partners() -> None:
    (far,) = estimate_far_flows(build_clip(7), [3], build_flow(7, 0.0), estimate_ends)
    assert far.gap == 3
    assert [flow.forward[:, 0, 0, 0].tolist() for flow in far.flows] == [[3, 6], [4], [5]]
    assert [flow.backward[:, 0, 0, 0].tolist() for flow in far.flows] == [[0, 3], [1], [2]]


@pytest.mark.parametrize(("num_frames", "gaps"), [(16, [4, 8]), (15, [4]), (8, [4]), (7, []), (1, [])])
def test_a_gap_counts_if_every_frame_has_a_partner(num_frames: int, gaps: list[int]) -> None:
    flows = estimate_far_flows(build_clip(num_frames), [4, 8], build_flow(num_frames, 0.0), estimate_ends)
    assert [far.gap for far in flows] == gaps
    assert all(len(flow.forward) > 0 for far in flows for flow in far.flows)


@pytest.mark.parametrize(("speed_px", "num_flows"), [(0.0, 2), (0.0124, 2), (0.0126, 0), (1.0, 0)])
def test_a_camera_that_moves_has_no_far_flow(speed_px: float, num_flows: int) -> None:
    """Half a pixel in a frame of 160 rows is 0.0125 in one of four."""
    assert len(estimate_far_flows(build_clip(16), [4, 8], build_flow(16, speed_px), estimate_ends)) == num_flows


def test_what_moves_before_a_still_camera_does_not_move_it() -> None:
    flow = build_flow(16, 0.0)
    flow.forward[:, :, :2] = 3.0  # a third of the frame
    assert len(estimate_far_flows(build_clip(16), [4, 8], flow, estimate_ends)) == 2

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from ike_ray.config import FlowConfig, VideoConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.flow.dis import estimate_dis
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.records import Clip
from ike_ray.video.clip import flow_size_px, resize_frame


@pytest.fixture(scope="module")
def clip() -> Clip:
    """Twelve frames whose flow is estimated at twice the working size: more pairs than are taken at once."""
    large = draw_clip(1, num_frames=12, height=128, width=192).frames
    return Clip(
        frames=np.stack([resize_frame(frame, 64, 96) for frame in large]),
        flow_frames=large,
        frame_indices=np.arange(12),
        timestamps_s=np.arange(12) / 10,
        height=128,
        width=192,
        fps=10.0,
    )


def test_flow_of_large_frames_is_averaged_to_the_working_size_and_its_pixels(clip: Clip) -> None:
    flow = build_flow_estimator(FlowConfig(enlarged_area_px=None), torch.device("cpu"))(clip, "v")
    large = estimate_dis(clip.flow_frames)
    for ours, theirs in ((flow.forward, large.forward), (flow.backward, large.backward)):
        expected = theirs.reshape(11, 64, 2, 96, 2, 2).mean(axis=(2, 4)) / 2
        np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_flow_is_estimated_between_enlarged_frames_and_is_in_pixels_of_the_working_size(clip: Clip) -> None:
    flow = build_flow_estimator(FlowConfig(enlarged_area_px=4 * 128 * 192), torch.device("cpu"))(clip, "v")
    enlarged = estimate_dis(np.stack([cv2.resize(frame, (384, 256)) for frame in clip.flow_frames]))
    for ours, theirs in ((flow.forward, enlarged.forward), (flow.backward, enlarged.backward)):
        expected = theirs.reshape(11, 64, 4, 96, 4, 2).mean(axis=(2, 4)) / 4
        np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_frames_are_enlarged_to_three_times_their_sides_at_most(clip: Clip) -> None:
    flow = build_flow_estimator(FlowConfig(enlarged_area_px=100 * 128 * 192), torch.device("cpu"))(clip, "v")
    enlarged = estimate_dis(np.stack([cv2.resize(frame, (576, 384)) for frame in clip.flow_frames]))
    expected = enlarged.forward.reshape(11, 64, 6, 96, 6, 2).mean(axis=(2, 4)) / 6
    np.testing.assert_allclose(flow.forward, expected, atol=1e-4)


def test_frames_that_are_as_large_are_not_enlarged(clip: Clip) -> None:
    estimate = [
        build_flow_estimator(FlowConfig(enlarged_area_px=area_px), torch.device("cpu"))
        for area_px in (128 * 192, 64 * 96, None)
    ]
    flows = [one(clip, "v").forward for one in estimate]
    np.testing.assert_array_equal(flows[0], flows[2])
    np.testing.assert_array_equal(flows[1], flows[2])


def test_one_frame_has_no_flow(clip: Clip) -> None:
    one = replace(
        clip,
        frames=clip.frames[:1],
        flow_frames=clip.flow_frames[:1],
        frame_indices=clip.frame_indices[:1],
        timestamps_s=clip.timestamps_s[:1],
    )
    flow = build_flow_estimator(FlowConfig(), torch.device("cpu"))(one, "v")
    assert flow.forward.shape == flow.backward.shape == (0, 64, 96, 2)


def test_flow_frames_are_no_larger_than_the_video_and_no_smaller_than_the_working_size() -> None:
    assert flow_size_px(1080, 1920, VideoConfig()) == (480, 848)
    assert flow_size_px(240, 320, VideoConfig()) == (240, 320)
    assert flow_size_px(96, 128, VideoConfig(working_size_px=(192, 256))) == (192, 256)
    assert flow_size_px(1080, 1920, VideoConfig(flow_area_px=None)) == (160, 288)

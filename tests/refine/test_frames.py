import numpy as np

from ike_ray.config import RefineConfig
from ike_ray.records import Clip, Flow, Layers, SegmentedFrames, WindowRecord
from ike_ray.refine.frames import refine_frames


def test_masks_come_at_the_videos_own_size() -> None:
    clip = Clip(
        frames=np.zeros((2, 4, 8, 3), np.uint8),
        flow_frames=np.zeros((2, 4, 8, 3), np.uint8),
        frame_indices=np.array([3, 6]),
        timestamps_s=np.array([0.3, 0.6]),
        height=16,
        width=32,
        fps=10.0,
    )
    soft = np.zeros((2, 4, 8), np.float32)
    soft[:, :, 4:] = 1
    steps = np.zeros((1, 4, 8, 2), np.float32)
    segmented = SegmentedFrames(
        clip=clip,
        soft_masks=soft,
        thresholds=np.array([0.5, 0.9]),
        objects=(soft > 0).astype(np.uint8) * 5,
        confidences=np.array([0.8, 0.3]),
        flow=Flow(forward=steps, backward=steps),
        flow_frame_indices=clip.frame_indices,
        layers=Layers(motion=np.repeat(steps, 2, axis=0), graph=soft, cue=soft),
        record=WindowRecord(window=1, shot=1, history=(), is_converged=False),
    )
    frames = list(refine_frames(segmented, RefineConfig(edges="none")))
    assert [(frame.frame_index, frame.timestamp_s) for frame in frames] == [(3, 0.3), (6, 0.6)]
    assert [frame.confidence for frame in frames] == [0.8, 0.3]
    # Half-pixel centres: the edge between columns 3 and 4 of 8 is the edge between columns 15 and 16 of 32. Between them the
    # soft mask rises from 0 to 1 over the four columns 14 to 17: 0.125, 0.375, 0.625, 0.875.
    for frame, first_column in zip(frames, (16, 18), strict=True):
        np.testing.assert_array_equal(frame.mask, np.broadcast_to(np.arange(32) >= first_column, (16, 32)))
        np.testing.assert_array_equal(frame.objects, 5 * frame.mask)

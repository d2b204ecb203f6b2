import numpy as np

from ike_ray.records import Clip
from ike_ray.refine.frames import refine_frames


def test_masks_come_at_the_videos_own_size() -> None:
    clip = Clip(
        frames=np.zeros((2, 4, 8, 3), np.uint8),
        frame_indices=np.array([3, 6]),
        timestamps_s=np.array([0.3, 0.6]),
        height=16,
        width=32,
        fps=10.0,
    )
    soft = np.zeros((2, 4, 8), np.float32)
    soft[:, :, 4:] = 1
    frames = list(refine_frames(soft, 0.5, clip))
    assert [(frame.frame_index, frame.timestamp_s) for frame in frames] == [(3, 0.3), (6, 0.6)]
    for frame in frames:
        # Half-pixel centres: the edge between columns 3 and 4 of 8 is the edge between columns 15 and 16 of 32.
        np.testing.assert_array_equal(frame.mask, np.broadcast_to(np.arange(32) >= 16, (16, 32)))

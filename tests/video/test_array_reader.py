import numpy as np

from ike_ray.video.array_reader import ArrayReader
from ike_ray.video.frame import FrameRange


def test_selected_frames_come_as_often_as_they_are_asked_for() -> None:
    frames = np.arange(6 * 2 * 4 * 3, dtype=np.uint8).reshape(6, 2, 4, 3)
    with ArrayReader(frames[:, ::-1], FrameRange(start=1, stride=2)) as reader:
        for _ in range(2):
            found = list(reader)
            assert [frame.index for frame in found] == [1, 3, 5]
            assert all(frame.image.flags["C_CONTIGUOUS"] for frame in found)
            np.testing.assert_array_equal(found[1].image, frames[3, ::-1])
            assert np.isnan(found[0].timestamp_s)

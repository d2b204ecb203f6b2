"""What happens where the GPU has too little memory for a window. The segmenter stands in for a GPU of that size."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from ike_ray.config import WindowsConfig
from ike_ray.errors import MemoryLimitError
from ike_ray.records import Clip, Flow, Layers, SegmentedFrames, WindowRecord
from ike_ray.video.clip import WorkingFrame
from ike_ray.windows.halves import segment_in_memory
from ike_ray.windows.plan import Window, follow_windows, halve_window

OVERLAP = 2


def list_windows(num_frames: int) -> list[Window]:
    image = np.zeros((2, 3, 3), np.uint8)
    frames = (
        (1, WorkingFrame(index=index, timestamp_s=0.0, image=image, flow_image=image, height=2, width=3))
        for index in range(num_frames)
    )
    return list(follow_windows(frames, WindowsConfig(max_nodes=9 * 6, overlap_frames=OVERLAP)))


def build_clip(frames: Sequence[WorkingFrame]) -> Clip:
    images = np.stack([frame.image for frame in frames])
    return Clip(
        frames=images,
        flow_frames=images,
        frame_indices=np.array([frame.index for frame in frames]),
        timestamps_s=np.zeros(len(frames)),
        height=2,
        width=3,
        fps=None,
    )


class Gpu:
    """Has memory for so many frames at once."""

    def __init__(self, most_frames: int) -> None:
        self.most_frames = most_frames
        self.asked: list[int] = []

    def __call__(self, window: Window, clip: Clip) -> SegmentedFrames:
        self.asked.append(len(clip.frames))
        if len(clip.frames) > self.most_frames:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        finished = clip.choose_frames(slice(0, len(clip.frames) - window.overlap_after))
        maps = np.zeros(finished.frames.shape[:3], np.float32)
        steps = np.zeros((0, 2, 3, 2), np.float32)
        return SegmentedFrames(
            clip=finished,
            soft_masks=maps,
            thresholds=np.zeros(len(maps)),
            objects=None,
            flow=Flow(forward=steps, backward=steps),
            flow_frame_indices=finished.frame_indices,
            confidences=np.zeros(len(maps)),
            layers=Layers(motion=np.zeros((*maps.shape, 2), np.float32), graph=maps, cue=maps),
            record=WindowRecord(window=1, shot=1, history=(), is_converged=True),
        )


def segment(windows: list[Window], gpu: Gpu) -> list[SegmentedFrames]:
    parts = []
    for window in windows:
        parts += segment_in_memory(window, build_clip=build_clip, segment_window=gpu, overlap_frames=OVERLAP)
    return parts


def test_a_window_that_fits_stays_whole() -> None:
    gpu = Gpu(most_frames=9)
    parts = segment(list_windows(16), gpu)
    assert gpu.asked == [9, 9]
    assert not any(part.record.is_half for part in parts)


def test_a_window_that_does_not_fit_is_halved_and_every_frame_is_there_once(caplog: pytest.LogCaptureFixture) -> None:
    gpu = Gpu(most_frames=8)
    parts = segment(list_windows(17), gpu)  # windows of 9, 6 and 8 frames
    assert gpu.asked[0] == 9
    assert max(gpu.asked[1:]) <= 8
    assert [part.record.is_half for part in parts] == [True, True] + [False] * (len(parts) - 2)
    assert np.concatenate([part.clip.frame_indices for part in parts]).tolist() == list(range(17))
    assert "frames 0 to 8 are segmented in two halves" in caplog.text


@pytest.mark.parametrize("num_frames", range(6, 40))
def test_halves_share_what_is_set_and_keep_the_ends_of_their_window(num_frames: int) -> None:
    for window in list_windows(num_frames):
        halves = halve_window(window, OVERLAP)
        if len(window.frames) < 3 * OVERLAP:
            assert halves is None
            continue
        assert halves is not None
        first, second = halves
        assert first.frames[-OVERLAP:] == second.frames[:OVERLAP]
        assert first.frames + second.frames[OVERLAP:] == window.frames
        assert (first.overlap_before, first.overlap_after) == (window.overlap_before, OVERLAP)
        assert (second.overlap_before, second.overlap_after) == (OVERLAP, window.overlap_after)
        assert min(len(first.frames), len(second.frames)) >= 2 * OVERLAP  # so no frame lies in three windows
        assert abs(len(first.frames) - len(second.frames)) <= 1


@pytest.mark.parametrize(("num_frames", "most_frames", "asked"), [(9, 4, [9, 6]), (5, 3, [5])])
def test_what_does_not_fit_in_halves_is_told(num_frames: int, most_frames: int, asked: list[int]) -> None:
    gpu = Gpu(most_frames=most_frames)
    with pytest.raises(MemoryLimitError, match=r"memory for \d of them at once, found: CUDA out of mem.*windows\.max_nodes"):
        segment(list_windows(num_frames), gpu)
    assert gpu.asked == asked

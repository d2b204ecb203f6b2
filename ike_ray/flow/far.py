"""Flow between frames that lie further apart: slow motion is larger there, and what goes to and fro stays in its place."""

from collections.abc import Callable, Sequence

import numpy as np

from ike_ray.records import Clip, FarFlow, Flow

# A camera that moves faster than this a frame, in a frame of 160 rows, moves what is near it so far over a gap that it looks
# like an object (benchmarks/experiments/2026-11-29-flow-over-gaps.md).
_LARGEST_CAMERA_SPEED_PX = 0.5
_REFERENCE_HEIGHT_PX = 160


def estimate_far_flows(
    clip: Clip, gaps: Sequence[int], flow: Flow, estimate_flow: Callable[[Clip], Flow]
) -> tuple[FarFlow, ...]:
    """Return the flow over each of `gaps`, or none if the camera moves, as far as the `flow` of neighbours tells.

    A gap counts if every frame of the clip has a partner so far before it or after it.
    """
    fitting = [gap for gap in gaps if 2 * gap <= len(clip.frames)]
    if not fitting or _find_camera_speed(flow) > _LARGEST_CAMERA_SPEED_PX:
        return ()
    return tuple(
        FarFlow(gap=gap, flows=tuple(estimate_flow(clip.choose_frames(slice(first, None, gap))) for first in range(gap)))
        for gap in fitting
    )


def _find_camera_speed(flow: Flow) -> float:
    """Return how far the median pixel moves in the median step, in pixels of a frame of 160 rows."""
    speeds_px = np.median(np.linalg.norm(flow.forward, axis=-1), axis=(1, 2))
    return float(np.median(speeds_px)) * _REFERENCE_HEIGHT_PX / min(flow.forward.shape[1:3])

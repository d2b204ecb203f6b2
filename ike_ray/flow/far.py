"""Flow between frames that lie further apart: slow motion is larger there, and what goes to and fro stays in its place."""

from collections.abc import Callable, Sequence

from ike_ray.records import Clip, FarFlow, Flow


def estimate_far_flows(clip: Clip, gaps: Sequence[int], estimate_flow: Callable[[Clip], Flow]) -> tuple[FarFlow, ...]:
    """Return the flow over each of `gaps` for which every frame of the clip has a partner, before it or after it."""
    return tuple(
        FarFlow(gap=gap, flows=tuple(estimate_flow(clip.choose_frames(slice(first, None, gap))) for first in range(gap)))
        for gap in gaps
        if 2 * gap <= len(clip.frames)
    )

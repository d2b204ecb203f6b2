"""Node features: the motion of a node's chain, and the cues that its chain passes."""

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor

from ike_ray.graph.published.chains import follow_chains
from ike_ray.graph.published.scale import scale_to_range


def build_features(
    forward: Float32[Tensor, "s h w 2"],
    backward: Float32[Tensor, "s h w 2"],
    cues: Float32[Tensor, "c m h w"] | None,
    motion_reach_frames: int,
) -> Float32[Tensor, "m d n"]:
    """Return the motion features, followed by those of the cues if there are any."""
    motion = build_motion_features(forward, backward, motion_reach_frames)
    return motion if cues is None else torch.cat([motion, build_cue_features(forward, backward, cues)], dim=1)


def build_motion_features(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], motion_reach_frames: int
) -> Float32[Tensor, "m d n"]:
    """Return the scaled displacements of the steps of every node's chain: dx past, dx future, dy past, dy future, d = 4 *
    reach.

    The frames are p - D ... p - 1 and then p + 1 ... p + D. A frame number outside the video becomes that of the first or
    last frame, and the step to the pivot itself is 0. Each of the four blocks is scaled to [0, 1] over the whole video, and a
    constant block to 0.

    Source: IKE, section on node features.
    """
    reach, num_nodes = motion_reach_frames, forward.shape[1] * forward.shape[2]
    motion = forward.new_zeros((len(forward) + 1, 2, 2 * reach, num_nodes))
    for step in follow_chains(forward, backward, reach):
        column = reach + step.gap - (step.gap > 0)
        motion[step.pivots.start : step.pivots.stop, :, column] = rearrange(step.displacement_px, "p n xy -> p xy n")
    for gap in range(2, reach + 1):  # beyond the video the last step is that of the first or last frame
        motion[-gap:, :, reach + gap - 1] = motion[-gap:, :, reach + gap - 2]
        motion[:gap, :, reach - gap] = motion[:gap, :, reach - gap + 1]
    blocks = rearrange(motion, "m xy (way k) n -> (xy way) m k n", way=2)
    for block in blocks:  # in place; `scale_to_range` does the same but would take as much memory again
        lowest, highest = block.aminmax()
        block.sub_(lowest).div_(torch.where(highest > lowest, highest - lowest, 1))
    return rearrange(motion, "m xy k n -> m (xy k) n")


def build_cue_features(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], cues: Float32[Tensor, "c m h w"]
) -> Float32[Tensor, "m d n"]:
    """Return each cue where a node's chain stands in frames p - 1, p and p + 1, scaled together to [0, 1]; d = 3 * c.

    A cue is read at the truncated position and is 0 outside the image. Frame numbers outside the video are treated as in
    `build_motion_features`.

    Source: IKE, section on node features.
    """
    height, width = forward.shape[1:3]
    values = rearrange(cues, "c m h w -> m c (h w)")
    features = values[:, :, None].repeat(1, 1, 3, 1)
    for step in follow_chains(forward, backward, 1):
        pivots = slice(step.pivots.start, step.pivots.stop)
        frames = slice(pivots.start + step.gap, pivots.stop + step.gap)
        features[pivots, :, 1 + step.gap] = _read_truncated(values[frames], step.position_px, height, width)
    return scale_to_range(rearrange(features, "m c offset n -> m (c offset) n"))


def _read_truncated(
    values: Float32[Tensor, "p c n"], position_px: Float32[Tensor, "p n 2"], height: int, width: int
) -> Float32[Tensor, "p c n"]:
    column, row = position_px.trunc().unbind(-1)
    is_inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    index = torch.where(is_inside, row * width + column, 0).long()
    return values.gather(2, index[:, None].expand(values.shape)) * is_inside[:, None]

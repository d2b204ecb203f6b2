"""Node features: the motion of a node's chain, and the cues that its chain passes."""

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor

from ike_ray.graph.chains import build_grid, follow_chains
from ike_ray.graph.scale import scale_to_range


def build_features(
    forward: Float32[Tensor, "s h w 2"],
    backward: Float32[Tensor, "s h w 2"],
    cues: Float32[Tensor, "c m h w"] | None,
    motion_reach_frames: int,
) -> Float32[Tensor, "m d n"]:
    """Motion features, then those of the cues where there are some. Written into one array: joining two costs twice that."""
    num_motion, num_cues = 4 * motion_reach_frames, len(cues) if cues is not None else 0
    shape = (len(forward) + 1, num_motion + 3 * num_cues, forward.shape[1] * forward.shape[2])
    features = forward.new_empty(shape)
    _fill_motion(features[:, :num_motion], forward, backward, motion_reach_frames)
    if cues is not None:
        features[:, num_motion:] = build_cue_features(forward, backward, cues)
    return features


def build_motion_features(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], motion_reach_frames: int
) -> Float32[Tensor, "m d n"]:
    """The step displacements of every node's chain, scaled: d = 4 * reach, namely dx past, dx future, dy past, dy future.

    Frames p - D ... p - 1, then p + 1 ... p + D. A frame number outside the video becomes the first or last frame's; the
    step to the pivot itself is 0. Each of the four blocks is scaled to [0, 1] over the whole video, a constant one to 0.

    Source: IKE, section on node features.
    """
    return build_features(forward, backward, None, motion_reach_frames)


def build_cue_features(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], cues: Float32[Tensor, "c m h w"]
) -> Float32[Tensor, "m d n"]:
    """Each cue where a node's chain stands in frames p - 1, p and p + 1: d = 3 * c, scaled together to [0, 1].

    Read at the truncated position, 0 outside the image; frame numbers outside the video as in `build_motion_features`.

    Source: IKE, section on node features.
    """
    num_frames, (height, width) = len(forward) + 1, forward.shape[1:3]
    values = rearrange(cues, "c m h w -> m c (h w)")
    features = forward.new_empty((num_frames, cues.shape[0], 3, height * width))
    for pivot in range(num_frames):
        positions = {step.frame: step.position_px for step in follow_chains(forward, backward, pivot, 1)}
        positions[pivot] = build_grid(height, width, forward.device)
        for column, offset in enumerate((-1, 0, 1)):
            frame = min(max(pivot + offset, 0), num_frames - 1)
            features[pivot, :, column] = _read_truncated(values[frame], positions[frame], height, width)
    return scale_to_range(rearrange(features, "m c offset n -> m (c offset) n"))


def _fill_motion(
    features: Float32[Tensor, "m d n"], forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], reach: int
) -> None:
    num_frames, (height, width) = len(forward) + 1, forward.shape[1:3]
    offsets = [*range(-reach, 0), *range(1, reach + 1)]
    for pivot in range(num_frames):
        steps = {step.frame: step.displacement_px for step in follow_chains(forward, backward, pivot, reach)}
        steps[pivot] = forward.new_zeros((height * width, 2))
        for column, offset in enumerate(offsets):
            displacement = steps[min(max(pivot + offset, 0), num_frames - 1)]
            features[pivot, column], features[pivot, 2 * reach + column] = displacement.unbind(-1)
    for block in features.split(reach, dim=1):  # in place: as `scale_to_range`, which would take as much memory again
        lowest, highest = block.aminmax()
        block.sub_(lowest).div_(torch.where(highest > lowest, highest - lowest, 1))


def _read_truncated(
    values: Float32[Tensor, "c n"], position_px: Float32[Tensor, "n 2"], height: int, width: int
) -> Float32[Tensor, "c n"]:
    column, row = position_px.trunc().unbind(-1)
    is_inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    index = torch.where(is_inside, row * width + column, 0).int()
    return values.index_select(1, index) * is_inside

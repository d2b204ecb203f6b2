"""How much a frame differs from its background, which the frames around it show in the same place."""

import cv2
import numpy as np
import torch
from einops import rearrange
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from ike_ray.flow.camera import move_with_camera

# Frames up to this far away are looked at, one of every six. With half the reach, J of five clips of other kinds is lower by
# 0.011, and with twice the reach it is the same (benchmarks/experiments/2026-11-30-background.md).
_REACH_FRAMES, _GAP_FRAMES = 24, 6
_FEWEST_FRAMES = 3  # the median of fewer may be of what moves
_HALF_DIFFERENCE = 8.0  # the difference in Lab that counts one half where the background does not vary
_SPREAD_WEIGHT = 2.0  # differences below this many standard deviations of the background count less than one half
_MAD_TO_SIGMA = 1.4826  # from the median absolute deviation to the standard deviation, for normal noise
_SMOOTHING_SIGMA_PX = 1.0
_GRID_PX = 8  # the camera's path is followed for one of this many pixels each way, and is smooth between them
_LEAST_CUE = 0.05  # a cue counts as at least this much where it is joined with the other
_PIXELS_AT_ONCE = 8 * 160 * 288  # bounds the memory: a pixel and what is seen in its place take some 300 bytes


@torch.inference_mode()
def build_background_cue(
    cameras: tuple[Float32[Tensor, "s 8"], Float32[Tensor, "s 8"]], frames: UInt8[Tensor, "m h w 3"]
) -> tuple[Float32[Tensor, "m h w"], Bool[Tensor, "m h w"]]:
    """Return how much each pixel differs from what lies behind it, in [0, 1], and whether that is known.

    `cameras` has the parameters of `fit_camera` for each step, forward and backward.

    Eight frames up to 24 before and after each one are moved with the camera, so that they show the same place. The
    background is the median of their colours in Lab, and what moves on by itself is not in it. The median difference of a
    frame is taken away first, since it is the light's or the exposure's. With d the distance of a pixel's colour from the
    most similar one of the 3 x 3 pixels of the background around it, and sigma the spread of the background's colours, the
    answer is d^2 / (d^2 + (2 sigma)^2 + 8^2).

    It is known where at least three of those frames show the place, and 0 elsewhere. It is also 0 for what covers the same
    place in most of them.

    Source: the temporal median of registered frames is that of Teodosio, Bender, "Salient Video Stills", ACM Multimedia 1993.
    It is not in IKE.
    """
    if len(frames) == 1:
        nothing = cameras[0].new_zeros(frames.shape[:3])
        return nothing, nothing > 0
    lab = convert_to_smooth_lab(frames)
    frames_at_once = max(1, _PIXELS_AT_ONCE // (frames.shape[1] * frames.shape[2]))
    chosen = torch.arange(len(frames), device=lab.device).split(frames_at_once)
    cues, are_known = zip(*(_compare(lab[part], _collect(lab, cameras, part)) for part in chosen), strict=True)
    return torch.cat(cues), torch.cat(are_known)


def join_background(
    motion_cue: Float32[Tensor, "m h w"], background_cue: Float32[Tensor, "m h w"], is_known: Bool[Tensor, "m h w"]
) -> Float32[Tensor, "m h w"]:
    """Return ((m + 0.05) (b + 0.05))^(1/2) - 0.05 for the two cues m and b, or m where b is not known, in [0, 1].

    A cue that is 0 lowers the other one from 1 to 0.18 and does not deny it: what covers its own background has motion alone,
    and what rests for a while differs from its background alone.
    """
    joined = ((motion_cue + _LEAST_CUE) * (background_cue + _LEAST_CUE)).sqrt() - _LEAST_CUE
    return torch.where(is_known, joined.clamp(0, 1), motion_cue)


def convert_to_smooth_lab(frames: UInt8[Tensor, "m h w 3"]) -> Float32[Tensor, "m 3 h w"]:
    """Return the frames in Lab without their grain, on their device. A core computes it."""
    smooth = (cv2.GaussianBlur(frame, (0, 0), _SMOOTHING_SIGMA_PX) for frame in frames.cpu().numpy())
    lab = np.stack([cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for frame in smooth])
    return rearrange(torch.from_numpy(lab).to(frames.device), "m h w lab -> m lab h w").contiguous()


def _collect(
    lab: Float32[Tensor, "m 3 h w"],
    cameras: tuple[Float32[Tensor, "s 8"], Float32[Tensor, "s 8"]],
    indices: Int64[Tensor, " b"],
) -> list[Float32[Tensor, "b 3 h w"]]:
    """Return what frames around each of `indices` show in its place. It is infinite beyond borders and the clip's ends."""
    num_frames, _, height, width = lab.shape
    rows, columns = (torch.linspace(-1, 1, max(2, side // _GRID_PX + 1), device=lab.device) for side in (height, width))
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    samples = []
    for way, camera in zip((1, -1), cameras, strict=True):
        places = torch.stack([x, y], dim=-1).expand(len(indices), -1, -1, -1)
        for distance in range(1, _REACH_FRAMES + 1):
            # Step s of the flow leads from frame s to s + 1, or back.
            steps = indices + (distance - 1 if way == 1 else -distance)
            places = move_with_camera(places, camera[steps.clamp(0, num_frames - 2)], (height, width))
            if distance % _GAP_FRAMES == 0:
                samples.append(_read(lab, indices + way * distance, places))
    return samples


def _read(
    lab: Float32[Tensor, "m 3 h w"], indices: Int64[Tensor, " b"], places: Float32[Tensor, "b gh gw 2"]
) -> Float32[Tensor, "b 3 h w"]:
    """Return the colours of these frames at `places`, x and y from -1 to 1 at the centres of the outer pixels."""
    grid = rearrange(places, "b gh gw xy -> b xy gh gw")
    grid = functional.interpolate(grid, lab.shape[2:], mode="bilinear", align_corners=True)
    # An outer pixel reaches half a pixel further than its centre.
    reach = torch.tensor([1 + 1 / side for side in (lab.shape[3], lab.shape[2])], device=lab.device)
    is_inside = (grid.abs() <= reach[:, None, None]).all(dim=1)
    is_known = is_inside & ((indices >= 0) & (indices < len(lab)))[:, None, None]
    colours = functional.grid_sample(
        lab[indices.clamp(0, len(lab) - 1)],
        rearrange(grid, "b xy h w -> b h w xy"),
        mode="bilinear",
        padding_mode="border",
        align_corners=True,
    )
    return torch.where(is_known[:, None], colours, torch.inf)


def _compare(
    here: Float32[Tensor, "b 3 h w"], samples: list[Float32[Tensor, "b 3 h w"]]
) -> tuple[Float32[Tensor, "b h w"], Bool[Tensor, "b h w"]]:
    num_known = torch.stack([sample[:, :1].isfinite() for sample in samples]).sum(dim=0)
    is_known = num_known >= _FEWEST_FRAMES
    background = torch.where(is_known, _find_medians(samples, num_known), here)
    deviations = _find_medians([(sample - background).abs() for sample in samples], num_known)
    spread = _MAD_TO_SIGMA * torch.where(is_known, deviations, 0.0).sum(dim=1)
    light = (here - background).flatten(2).median(dim=2).values
    padded = functional.pad(background + light[..., None, None], (1, 1, 1, 1), mode="replicate")
    height, width = here.shape[2:]
    shifted = [padded[:, :, row : row + height, column : column + width] for row in range(3) for column in range(3)]
    squares = torch.stack([(there - here).square().sum(dim=1) for there in shifted]).amin(dim=0)
    limit = (_SPREAD_WEIGHT * spread).square() + _HALF_DIFFERENCE**2
    return is_known[:, 0] * squares / (squares + limit), is_known[:, 0]


def _find_medians(
    samples: list[Float32[Tensor, "b 3 h w"]], num_known: Int64[Tensor, "b 1 h w"]
) -> Float32[Tensor, "b 3 h w"]:
    """Return the median of the finite values at each pixel, the lower one of two in the middle.

    Whole maps are compared and exchanged in turn (odd-even transposition), which takes a third of the time of sorting eight
    values at each pixel by itself.
    """
    ordered = list(samples)
    for turn in range(len(ordered)):
        for place in range(turn % 2, len(ordered) - 1, 2):
            first, second = ordered[place : place + 2]
            ordered[place : place + 2] = torch.minimum(first, second), torch.maximum(first, second)
    middle = (num_known - 1).clamp_min(0) // 2
    medians = ordered[0]
    for place in range(1, (len(ordered) + 1) // 2):
        medians = torch.where(middle == place, ordered[place], medians)
    return medians

"""Sharpen the soft masks of a whole clip: snap them to the colours that its frames share and to their edges."""

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from ike_ray.config import RefineConfig
from ike_ray.refine.colour_model import build_colour_cells, estimate_colour_costs
from ike_ray.refine.feature_model import ClipFeatures, estimate_feature_costs
from ike_ray.refine.threshold import find_otsu_thresholds, move_threshold

_NUM_ROUNDS = 2  # rounds of finding the colour models and then minimising the energy
_NUM_ITERATIONS = 60  # iterations of the primal-dual method in each round
# The size of both its steps: their product times 8, the largest eigenvalue of the squared difference, is below 1.
_STEP = 0.35
# This many pixels are solved together. A CPU's cache holds few of them, and a GPU starts fewer kernels if there are many.
_PIXELS_AT_ONCE_ON_CPU, _PIXELS_AT_ONCE = 4 * 160 * 288, 100 * 160 * 288
_LEAST_PROBABILITY = 0.02  # no pixel is certain from motion alone
_LARGEST_COST = 3.0  # neither a colour nor a patch is more certain than this alone
# A soft mask below this teaches nothing about the object, and one above 1 minus this nothing about the background.
_DOUBT = 0.3
_NEAR_FRACTION = 0.12  # a share of the height: background this near to the object teaches more than background far away
_FAR_WEIGHT = 0.1
_LEAST_EDGE = 0.05  # along the strongest edge an outline costs this share of its length


@torch.inference_mode()
def sharpen_clip(
    frames: UInt8[np.ndarray, "m h w 3"],
    soft_masks: Float32[Tensor, "m h w"],
    config: RefineConfig,
    features: ClipFeatures | None = None,
) -> Float32[Tensor, "m h w"]:
    """Return for each pixel how far it belongs to the object, mostly 0 or 1, on the device of `soft_masks`.

    The function minimises sum_i u_i (a_i + colour_weight * c_i) + edge_weight * sum_ij w_ij |u_i - u_j| over u in [0, 1].
    Here a_i is minus the logit of the soft mask, after it was moved so that Otsu's threshold of the clip is 0.5. The cost of
    the pixel's colour is c_i = log(p(colour | background) / p(colour | object)), from models that all frames share. The
    weight w_ij falls with the difference of neighbouring colours. Colour models and u are found in turn, twice. Only the
    colour models and Otsu's threshold tie the frames together. There are no links between frames, and each frame is solved by
    itself.

    With `features`, a_i + colour_weight * c_i is joined by weight * f_i, the mean over the pixel's chain of what
    `estimate_feature_costs` says. That is a linear function of features, so this is what features would cost that are
    averaged along chains.

    A constant map says nothing, and becomes 0.

    Source: the energy is that of Boykov, Jolly, ICCV 2001, with the colour models of Rother, Kolmogorov, Blake, SIGGRAPH
    2004, as histograms over a clip. Its convex form is that of Chan, Esedoglu, Nikolova, SIAM J. Appl. Math. 66(5), 2006,
    which has the same minimum. The iteration is that of Chambolle, Pock, JMIV 40, 2011, algorithm 1.
    """
    thresholds = find_otsu_thresholds(soft_masks.cpu().numpy())
    if thresholds is None:
        return torch.zeros_like(soft_masks)
    moved = move_threshold(soft_masks.cpu().numpy(), thresholds[0], 0.5)
    sure = torch.from_numpy(moved).to(soft_masks.device).clamp(_LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    motion_costs = -torch.logit(sure)
    cells = build_colour_cells(frames, soft_masks.device)
    links = _weigh_links(torch.from_numpy(frames).to(soft_masks.device), config.edge_weight)
    pixels_at_once = _PIXELS_AT_ONCE_ON_CPU if sure.device.type == "cpu" else _PIXELS_AT_ONCE
    frames_at_once = max(1, pixels_at_once // (frames.shape[1] * frames.shape[2]))
    answer = sure
    for _ in range(_NUM_ROUNDS):
        near = _FAR_WEIGHT + (_blur(answer) / (_DOUBT / 2)).clamp_max(1)
        sides = (answer - _DOUBT).relu(), (1 - _DOUBT - answer).relu() * near
        colour_costs = estimate_colour_costs(cells, *sides)
        costs = motion_costs + config.colour_weight * colour_costs.clamp(-_LARGEST_COST, _LARGEST_COST)
        if features is not None:
            feature_costs = features.average(estimate_feature_costs(features.patches, *sides))
            costs = costs + features.weight * feature_costs.clamp(-_LARGEST_COST, _LARGEST_COST)
        batches = zip(
            costs.split(frames_at_once),
            *(link.split(frames_at_once) for link in links),
            answer.split(frames_at_once),
            strict=True,
        )
        answer = torch.cat([solve_energy(cost, (across, down), start) for cost, across, down, start in batches])
    return answer


Links = tuple[Float32[Tensor, "m h v"], Float32[Tensor, "m g w"]]  # to the right, v = w - 1, and down, g = h - 1


def solve_energy(costs: Float32[Tensor, "m h w"], links: Links, start: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m h w"]:
    """Return the u in [0, 1] that minimises sum u_i costs_i + sum links_ij |u_i - u_j|, frame by frame, from `start`.

    After sixty iterations the answer is not exact, and lies between 0 and 1 near outlines.
    """
    primal, extrapolated = start.clone(), start
    across, down = torch.zeros_like(links[0]), torch.zeros_like(links[1])
    for _ in range(_NUM_ITERATIONS):
        across.add_(extrapolated[:, :, 1:] - extrapolated[:, :, :-1], alpha=_STEP).clamp_(-links[0], links[0])
        down.add_(extrapolated[:, 1:] - extrapolated[:, :-1], alpha=_STEP).clamp_(-links[1], links[1])
        slope = costs.clone()
        slope[:, :, 1:] += across
        slope[:, :, :-1] -= across
        slope[:, 1:] += down
        slope[:, :-1] -= down
        updated = torch.add(primal, slope, alpha=-_STEP).clamp_(0, 1)
        extrapolated = 2 * updated - primal
        primal = updated
    return primal


def _weigh_links(frames: UInt8[Tensor, "m h w 3"], edge_weight: float) -> Links:
    """Return edge_weight * (exp(-d^2 / 2 mean(d^2)) + 0.05), where d is the difference of neighbouring colours."""
    colours = frames.float()
    squares = [(colours[:, :, 1:] - colours[:, :, :-1]).square().sum(-1), (colours[:, 1:] - colours[:, :-1]).square().sum(-1)]
    mean = sum(float(square.mean()) for square in squares) / 2
    weights = [torch.exp(-square / (2 * max(mean, 1e-6))) + _LEAST_EDGE for square in squares]
    return edge_weight * weights[0], edge_weight * weights[1]


def _blur(soft_masks: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m h w"]:
    """Return the mean over a square around each pixel, as far as it is in the frame, taken twice."""
    radius = max(1, round(_NEAR_FRACTION * soft_masks.shape[1]))
    value = soft_masks
    for dim in (1, 2, 1, 2):
        value = _average_along(value, radius, dim)
    return value


def _average_along(values: Float32[Tensor, "m h w"], radius: int, dim: int) -> Float32[Tensor, "m h w"]:
    """Return the mean of each value and its `radius` neighbours to both sides along `dim`, from running sums.

    The time does not depend on the radius, unlike that of `avg_pool2d`.
    """
    length = values.shape[dim]
    places = torch.arange(length, device=values.device)
    first, last = (places - radius).clamp_min(0), (places + radius).clamp_max(length - 1)
    sums = values.cumsum(dim)
    before = sums - values
    counts = (last - first + 1).to(values.dtype)
    shape = [length if axis == dim else 1 for axis in range(values.ndim)]
    return (sums.index_select(dim, last) - before.index_select(dim, first)) / counts.view(shape)

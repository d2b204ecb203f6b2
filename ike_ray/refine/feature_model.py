"""Which patches look like the object and which like the background, by one model that all frames of a clip share."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional

# How much large weights of the model cost. Features have a mean square of 1. Two classes that lie that far apart and never
# overlap are then told apart by odds of some hundred to one, and features that say nothing by even odds.
_RIDGE = 1e-3
# Features of unit length whose mean square distance is smaller than this differ by rounding alone.
_LEAST_SPREAD = 1e-6
_NUM_STEPS = 60  # later steps move costs by less than 1 %


@dataclass(frozen=True, kw_only=True)
class PatchFeatures:
    """What a network sees in each patch of each frame of a window. The patches cover the frame, row by row."""

    maps: Float32[Tensor, "m p q d"]


@dataclass(frozen=True, kw_only=True)
class ClipFeatures:
    """The features of a window, and how they count when its soft masks are sharpened."""

    patches: PatchFeatures
    average: Callable[[Float32[Tensor, "m h w"]], Float32[Tensor, "m h w"]]  # takes the mean over the chain of each node
    weight: float


def estimate_feature_costs(
    features: PatchFeatures, object_weights: Float32[Tensor, "m h w"], background_weights: Float32[Tensor, "m h w"]
) -> Float32[Tensor, "m h w"]:
    """Return log(p(f | background) / p(f | object)) of each pixel's features. It is negative where they are the object's.

    The model is a logistic regression, log(p(f | object) / p(f | background)) = v f + b. Its samples are all patches of all
    frames. A patch counts on each side by the mean of the side's weights over its pixels, and both sides count the same in
    all. The cost of a patch is interpolated to the pixels (bilinear, half-pixel centres). If one side is empty, or all
    features agree, then features say nothing and the answer is zero.

    Source: Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", section 4.4. The steps have the fixed
    curvature of Boehning and Lindsay, Annals of the Institute of Statistical Mathematics 40, 1988, with which no step goes
    too far.
    """
    num_frames, height, width = object_weights.shape
    if not (object_weights.sum() > 0 and background_weights.sum() > 0):
        return torch.zeros_like(object_weights)
    size = (features.maps.shape[1], features.maps.shape[2])
    rows = rearrange(features.maps, "m p q d -> (m p q) d")
    shares = [functional.adaptive_avg_pool2d(weights, size).flatten() for weights in (object_weights, background_weights)]
    scores = _fit_logistic(rows, *(share / share.sum() for share in shares))
    costs = rearrange(-scores, "(m p q) -> m 1 p q", m=num_frames, p=size[0])
    return functional.interpolate(costs, (height, width), mode="bilinear", align_corners=False)[:, 0]


def _fit_logistic(
    rows: Float32[Tensor, "n d"], object_shares: Float32[Tensor, " n"], background_shares: Float32[Tensor, " n"]
) -> Float32[Tensor, " n"]:
    """Return the score v f + b of each row, which minimises the mean loss of both sides + ridge / 2 |v|^2.

    The rows are moved and scaled so that their mean over both sides is 0 and their mean square is 1.
    """
    shares = (object_shares + background_shares) / 2
    centred = rows - shares @ rows
    mean_square = shares @ centred.square().sum(dim=1)
    scaled = centred / mean_square.clamp_min(_LEAST_SPREAD).sqrt()
    samples = torch.cat([scaled, torch.ones_like(scaled[:, :1])], dim=1)
    ridge = torch.full_like(samples[0], _RIDGE)
    ridge[-1] = 0
    curvature = torch.linalg.cholesky((samples.mT * shares) @ samples / 4 + torch.diag(ridge))
    weights = torch.zeros_like(ridge)
    for _ in range(_NUM_STEPS):
        slope = samples.mT @ (shares * torch.sigmoid(samples @ weights) - object_shares / 2) + ridge * weights
        weights = weights - torch.cholesky_solve(slope[:, None], curvature)[:, 0]
    return samples @ weights

"""The loss that the network is trained on: cross-entropy and soft Dice against the graph's soft mask."""

import torch
from einops import einsum
from jaxtyping import Float, Float32
from torch import Tensor
from torch.nn import functional

from ike_ray.config import NetworkConfig

# The threshold that makes hard labels of soft masks, and the smoothing term of Dice. Source: IKE, section on the network
# module.
_HARD_THRESHOLD = 0.5
_DICE_SMOOTHING = 1.0


def evaluate_loss(
    scores: Float[Tensor, "b 2 h w"], soft_masks: Float32[Tensor, "b h w"], config: NetworkConfig
) -> Float32[Tensor, ""]:
    """Return cross-entropy plus `dice_weight` times soft Dice, as a scalar to minimise.

    With hard labels, cross-entropy takes 1 where the soft masks are above 0.5 and 0 elsewhere. With soft labels it takes the
    soft masks as they are. Both classes weigh the same. Dice always takes the soft masks as they are. Source: IKE, section on
    the network module.
    """
    targets = torch.stack([1 - soft_masks, soft_masks], dim=1)
    labels = (targets > _HARD_THRESHOLD).float() if config.labels == "hard" else targets
    loss = functional.cross_entropy(scores.float(), labels)
    if config.dice_weight > 0:
        loss = loss + config.dice_weight * evaluate_dice_loss(scores.float().softmax(dim=1), targets)
    return loss


def evaluate_dice_loss(probabilities: Float32[Tensor, "b 2 h w"], targets: Float32[Tensor, "b 2 h w"]) -> Float32[Tensor, ""]:
    """Return 1 - (2 sum(p t) + 1) / (sum p + sum t + 1), the mean over both classes, with sums over the batch."""
    overlap = einsum(probabilities, targets, "b k h w, b k h w -> k")
    sizes = einsum(probabilities, "b k h w -> k") + einsum(targets, "b k h w -> k")
    return 1 - ((2 * overlap + _DICE_SMOOTHING) / (sizes + _DICE_SMOOTHING)).mean()

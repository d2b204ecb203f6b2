"""The student's network, its loss, and one step of its training."""

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn
from torch.nn import functional

from ike_ray.config import StudentConfig, TrainingConfig
from ike_ray.network.unet import ResidualUNet, initialize_network
from ike_ray.precision import build_autocast
from ike_ray.student.samples import IGNORED

_DICE_SMOOTHING = 1.0
_WEIGHT_DECAY = 0.01  # the usual value of AdamW
# The learning rate rises over this share of the steps, since AdamW's first sums are of few gradients.
_WARM_UP_FRACTION = 0.05


def build_student(config: StudentConfig, generator: torch.Generator) -> nn.Module:
    """Return the network with fresh weights drawn from `generator`, on the CPU."""
    network = ResidualUNet(config.widths, units_a_block=config.units_a_block, num_outputs=config.num_classes + 1)
    initialize_network(network, generator)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs


def build_optimizer(network: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """Return AdamW, whose learning rate each step sets."""
    return torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=_WEIGHT_DECAY)


def choose_learning_rate(step: int, config: TrainingConfig) -> float:
    """Return the learning rate of `step`, from 0. It rises linearly, and then falls linearly to 0 (the paper's decay)."""
    warm_up = max(1, round(_WARM_UP_FRACTION * config.num_steps))
    if step < warm_up:
        return config.learning_rate * (step + 1) / warm_up
    return config.learning_rate * (config.num_steps - step) / max(1, config.num_steps - warm_up)


def take_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: tuple[Float32[Tensor, "b 3 h w"], Int64[Tensor, "b h w"], Float32[Tensor, " b"]],
    step: int,
    config: TrainingConfig,
) -> float:
    """Take one gradient step on images, labels and weights, and return the loss before it."""
    images, labels, weights = batch
    for group in optimizer.param_groups:
        group["lr"] = choose_learning_rate(step, config)
    with build_autocast(images.device, config.precision):
        scores = network(images.contiguous(memory_format=torch.channels_last))
    loss = evaluate_student_loss(scores, labels, weights, config.dice_weight)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def evaluate_student_loss(
    scores: Float[Tensor, "b k h w"], labels: Int64[Tensor, "b h w"], weights: Float32[Tensor, " b"], dice_weight: float
) -> Float32[Tensor, ""]:
    """Return cross-entropy plus `dice_weight` times soft Dice over all classes, each frame with its weight, as a scalar.

    Pixels that are `IGNORED` count in neither. Dice is 1 - (2 sum(p t) + 1) / (sum p + sum t + 1), the mean over classes,
    with sums over the batch. The loss is 0 if no pixel counts.
    """
    is_known = labels != IGNORED
    counts = is_known * rearrange(weights, "b -> b 1 1")
    scores = scores.float()
    entropies = functional.cross_entropy(scores, labels, ignore_index=IGNORED, reduction="none")
    loss = (entropies * counts).sum() / counts.sum().clamp(min=1e-6)
    if dice_weight > 0:
        num_classes = scores.shape[1]
        targets = rearrange(functional.one_hot(labels * is_known, num_classes).float(), "b h w k -> b k h w")
        probabilities = scores.softmax(dim=1)
        overlaps = einsum(probabilities, targets, counts, "b k h w, b k h w, b h w -> k")
        sizes = einsum(probabilities + targets, counts, "b k h w, b h w -> k")
        loss = loss + dice_weight * (1 - ((2 * overlaps + _DICE_SMOOTHING) / (sizes + _DICE_SMOOTHING)).mean())
    return loss

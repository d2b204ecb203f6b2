"""Train the network on one video, and ask it about that video."""

import copy
from collections.abc import Iterator

import torch
from einops import rearrange
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor, nn

from ike_ray.config import NetworkConfig
from ike_ray.network.loss import evaluate_loss
from ike_ray.network.training_step import TrainingStep
from ike_ray.network.unet import build_network
from ike_ray.precision import build_autocast

# One forward pass without gradients has 8 frames of 112 x 208. More pixels do not run faster on 2 cores, but take memory.
_PIXELS_A_BATCH = 8 * 112 * 208


def fit_network(
    frames: UInt8[Tensor, "m h w 3"],
    soft_masks: Float32[Tensor, "m h w"],
    config: NetworkConfig,
    generator: torch.Generator,
    *,
    start: nn.Module | None = None,
) -> nn.Module:
    """Return a network in evaluation mode that was trained on the soft masks, on the frames' device.

    It starts from fresh weights, or from those of `start`, and learns by AdamW. Batches are drawn without replacement until
    every frame was seen, and then again. Weights and order come from `generator`, so the same inputs give the same network
    (on a CPU, with the same number of threads).

    Source: IKE, section on the network module.
    """
    network = copy.deepcopy(start).train() if start is not None else build_network(config, generator).to(device=frames.device)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs

    def evaluate(batch: Int64[Tensor, " b"]) -> Float32[Tensor, ""]:
        with build_autocast(frames.device, config.precision):
            scores = network(_build_images(frames[batch]))
        return evaluate_loss(scores, soft_masks[batch], config)

    # A step of the published network is so long that the start of its kernels does not count, and takes much memory.
    is_recorded = config.architecture == "compact"
    take_step = TrainingStep(network, evaluate, learning_rate=config.learning_rate, is_recorded=is_recorded)
    batches = [batch.to(frames.device) for batch in _list_batches(len(frames), config, generator)]  # now, so no step waits
    for batch in batches:
        take_step(batch)
    network.zero_grad(set_to_none=True)
    return network.eval()


@torch.inference_mode()
def predict_soft_masks(
    network: nn.Module, frames: UInt8[Tensor, "m h w 3"], config: NetworkConfig
) -> Float32[Tensor, "m h w"]:
    """Return the network's softmax probability of the object at every pixel."""
    with build_autocast(frames.device, config.precision):
        frames_a_batch = max(1, _PIXELS_A_BATCH // (frames.shape[1] * frames.shape[2]))
        scores = [network(_build_images(batch)) for batch in frames.split(frames_a_batch)]
    return torch.cat(scores).float().softmax(dim=1)[:, 1].clone()


def _build_images(frames: UInt8[Tensor, "m h w 3"]) -> Float32[Tensor, "m 3 h w"]:
    images = rearrange(frames, "m h w rgb -> m rgb h w").float() / 255
    return images.contiguous(memory_format=torch.channels_last)


def _list_batches(num_frames: int, config: NetworkConfig, generator: torch.Generator) -> Iterator[Int64[Tensor, " b"]]:
    num_batches = -(-num_frames // config.batch_size)
    num_steps = config.num_steps if config.num_steps is not None else config.num_epochs * num_batches
    step = 0
    while True:
        for batch in torch.randperm(num_frames, generator=generator).split(config.batch_size):
            if step == num_steps:
                return
            step += 1
            yield batch

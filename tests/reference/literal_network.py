"""The network, trained and asked in the plainest way: arrays are converted and copied for each step, one frame is predicted.

`benchmarks.network` measures `ike_ray.network` against it.
"""

import numpy as np
import torch
from torch import nn

from ike_ray.config import NetworkConfig
from ike_ray.network.loss import evaluate_loss
from ike_ray.network.unet import build_network


def fit_literally(
    frames: np.ndarray, soft_masks: np.ndarray, config: NetworkConfig, num_steps: int, device: torch.device
) -> nn.Module:
    """`frames` (m, h, w, 3) uint8, `soft_masks` (m, h, w) float32."""
    rng = np.random.default_rng(0)
    network = build_network(config, torch.Generator().manual_seed(0)).to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate)
    for _ in range(num_steps):
        chosen = rng.choice(len(frames), min(config.batch_size, len(frames)), replace=False)
        loss = evaluate_loss(
            network(_to_images(frames[chosen], device)), torch.from_numpy(soft_masks[chosen]).to(device), config
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


@torch.no_grad()
def predict_literally(network: nn.Module, frames: np.ndarray, device: torch.device) -> np.ndarray:
    """Return the softmax probability of the object (m, h, w)."""
    scores = [network(_to_images(frame[None], device)) for frame in frames]
    return np.concatenate([score.float().softmax(dim=1)[:, 1].cpu().numpy() for score in scores])


def _to_images(frames: np.ndarray, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(frames.astype(np.float32) / 255).permute(0, 3, 1, 2).contiguous().to(device)

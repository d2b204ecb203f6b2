"""The device that settings ask for."""

import torch

from ike_ray.config import WorkersConfig
from ike_ray.errors import ConfigError


def find_device(config: WorkersConfig) -> torch.device:
    """Return the GPU if the settings give a worker one, or a part of one, else the CPU.

    Raises `ConfigError` if there should be a GPU and PyTorch finds none.
    """
    device = torch.device("cuda" if config.num_gpus > 0 else "cpu")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            f"workers.num_gpus is {config.num_gpus:g}, and PyTorch {torch.__version__} finds no GPU. Install its "
            "build for CUDA on every node, or set workers.num_gpus=0"
        )
    return device

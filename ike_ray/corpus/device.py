"""What a worker's process computes on."""

import cv2
import torch

from ike_ray.config import WorkersConfig
from ike_ray.errors import ConfigError


def choose_device(config: WorkersConfig) -> torch.device:
    """The GPU where workers have one, else the CPU; sets the threads of this process to the CPUs of a worker.

    Raises `ConfigError` where there should be a GPU and PyTorch finds none.
    """
    torch.set_num_threads(config.num_cpus)
    cv2.setNumThreads(config.num_cpus)
    device = torch.device("cuda" if config.num_gpus > 0 else "cpu")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            f"workers.num_gpus is {config.num_gpus:g}, and PyTorch {torch.__version__} finds no GPU. Install its "
            "build for CUDA on every node, or set workers.num_gpus=0"
        )
    return device

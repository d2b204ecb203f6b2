"""What a worker's process computes on."""

import cv2
import torch

from ike_ray.config import WorkersConfig
from ike_ray.device import find_device


def choose_device(config: WorkersConfig) -> torch.device:
    """Return the device of `find_device`, and set the threads of this process to the CPUs of a worker."""
    torch.set_num_threads(config.num_cpus)
    cv2.setNumThreads(config.num_cpus)
    return find_device(config)

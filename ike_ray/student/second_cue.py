"""What a trained student says about the frames of a new video, from which the graph begins."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from ike_ray.config import SecondCueConfig
from ike_ray.precision import Precision
from ike_ray.records import SecondCue
from ike_ray.student.predict import predict_probabilities
from ike_ray.student.read import read_same_student
from ike_ray.video.clip import choose_size, resize_frame

SecondCueFinder = Callable[[UInt8[np.ndarray, "m h w 3"]], SecondCue]


def build_second_cue_finder(config: SecondCueConfig, precision: Precision, device: torch.device) -> SecondCueFinder | None:
    """Return a function of a window's frames that returns the probability of any object at each pixel.

    The student is loaded once, here. Return None if the settings name no student. Raises like `read_same_student`.
    """
    if config.model is None:
        return None
    student = read_same_student(config.model, config.weights_digest)
    network = student.network.to(device)

    def find(frames: UInt8[np.ndarray, "m h w 3"]) -> SecondCue:
        """Ask frame by frame, at the size that the student has learned at, so that memory is that of one frame."""
        height, width = frames.shape[1:3]
        size = choose_size(height, width, student.config.area_px)
        soft_masks = np.empty(frames.shape[:3], np.float32)
        for number, frame in enumerate(frames):
            image = torch.from_numpy(resize_frame(frame, *size)).to(device)
            background = predict_probabilities(network, image[None], precision)[0, 0].cpu().numpy()
            soft_masks[number] = cv2.resize(1 - background, (width, height), interpolation=cv2.INTER_LINEAR)
        return SecondCue(soft_masks=soft_masks, weight=config.weight)

    return find

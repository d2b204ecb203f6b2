"""What a trained student says about frames."""

from collections.abc import Sequence

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from torch import Tensor, nn

from ike_ray.precision import Precision, build_autocast
from ike_ray.student.samples import IGNORED, Sample


@torch.inference_mode()
def predict_probabilities(
    network: nn.Module, frames: UInt8[Tensor, "m h w 3"], precision: Precision
) -> Float32[Tensor, "m k h w"]:
    """Return the softmax probability of each class, with the background first, at every pixel."""
    images = rearrange(frames, "m h w rgb -> m rgb h w").float() / 255
    with build_autocast(frames.device, precision):
        scores = network(images.contiguous(memory_format=torch.channels_last))
    return scores.float().softmax(dim=1)


def estimate_certainty(soft_mask: Float32[np.ndarray, "h w"], threshold: float) -> float:
    """Return how far to trust a mask, in [0, 1]: the soft IoU of the soft mask with itself above the threshold.

    It is the sum of p inside the mask / (the mask's pixels + the sum of p outside it), where p is the probability of any
    object. It is 1 if the student is sure of every pixel, low if it wavers, and 0 for an empty mask.
    """
    mask = soft_mask > threshold
    inside = float(soft_mask[mask].sum())
    return inside / (int(mask.sum()) + float(soft_mask[~mask].sum())) if inside else 0.0


def evaluate_samples(network: nn.Module, samples: Sequence[Sample], device: torch.device, precision: Precision) -> float:
    """Return the sum over samples of the IoU of the student's answer with the labels.

    A frame's IoU is the mean over the classes that its labels or the answer have, without the background. It is 1 if neither
    has any.
    """
    total = 0.0
    for sample in samples:
        frames = torch.from_numpy(sample.image).to(device)[None]
        found = predict_probabilities(network, frames, precision)[0].argmax(dim=0).cpu().numpy()
        total += evaluate_frame_iou(found.astype(np.uint8), sample.labels)
    return total


def evaluate_frame_iou(found: UInt8[np.ndarray, "h w"], labels: UInt8[np.ndarray, "h w"]) -> float:
    """Return the IoU of one frame: see `evaluate_samples`. Pixels that are `IGNORED` do not count."""
    is_known = labels != IGNORED
    classes = [label for label in np.union1d(found[is_known], labels[is_known]) if label]
    if not classes:
        return 1.0
    pairs = [((found == label) & is_known, (labels == label) & is_known) for label in classes]
    return float(np.mean([(mine & theirs).sum() / (mine | theirs).sum() for mine, theirs in pairs]))

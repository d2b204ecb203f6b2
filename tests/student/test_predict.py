import numpy as np
import pytest
import torch

from ike_ray.config import StudentConfig, StudentMasksConfig
from ike_ray.student.masks import build_frame_mask
from ike_ray.student.predict import estimate_certainty, evaluate_frame_iou, evaluate_samples, predict_probabilities
from ike_ray.student.samples import IGNORED, Sample
from ike_ray.student.train_step import build_student
from ike_ray.video.clip import WorkingFrame

EXACT = StudentMasksConfig(edges="none")


def build_frame(height: int = 32, width: int = 48) -> WorkingFrame:
    image = np.zeros((height, width, 3), np.uint8)
    return WorkingFrame(index=7, timestamp_s=0.5, image=image, flow_image=image, height=2 * height, width=2 * width)


def test_probabilities_sum_to_one(generator: torch.Generator) -> None:
    network = build_student(StudentConfig(widths=(4, 8), num_classes=2), generator).eval()
    frames = torch.randint(0, 255, (2, 32, 48, 3), dtype=torch.uint8, generator=generator)
    probabilities = predict_probabilities(network, frames, "float32")
    assert probabilities.shape == (2, 3, 32, 48)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(2, 32, 48))


def test_the_mask_is_where_an_object_is_likelier_than_not() -> None:
    probabilities = np.zeros((2, 32, 48), np.float32)
    probabilities[1, 8:16, 8:24] = 1
    probabilities[0] = 1 - probabilities[1]
    mask = build_frame_mask(build_frame(), probabilities, EXACT)
    assert (mask.frame_index, mask.mask.shape, mask.objects) == (7, (64, 96), None)
    assert mask.mask.sum() == pytest.approx(4 * 8 * 16, rel=0.1)
    assert mask.confidence == 1


def test_with_classes_objects_has_the_likeliest() -> None:
    """0.3 and 0.4 together are an object, of the second class."""
    probabilities = np.zeros((3, 32, 48), np.float32)
    probabilities[:, :, :24] = np.array([0.3, 0.3, 0.4])[:, None, None]
    probabilities[:, :, 24:] = np.array([0.6, 0.4, 0.0])[:, None, None]
    mask = build_frame_mask(build_frame(), probabilities, EXACT)
    assert mask.objects is not None
    assert mask.objects[:, :40].min() == mask.objects[:, :40].max() == 2
    assert not mask.objects[:, 56:].any()
    np.testing.assert_array_equal(mask.objects > 0, mask.mask)


def test_certainty_falls_where_it_wavers() -> None:
    sure = np.zeros((4, 4), np.float32)
    sure[:2] = 1
    assert estimate_certainty(sure, 0.5) == 1
    assert estimate_certainty(np.where(sure > 0, 0.75, 0.25).astype(np.float32), 0.5) == pytest.approx(6 / (8 + 2))
    assert estimate_certainty(np.full((4, 4), 0.4, np.float32), 0.5) == 0


def test_iou_of_a_frame() -> None:
    labels = np.array([[1, 1, 2, IGNORED]], np.uint8)
    assert evaluate_frame_iou(np.array([[1, 0, 2, 3]], np.uint8), labels) == pytest.approx((0.5 + 1) / 2)
    assert evaluate_frame_iou(np.array([[3, 3, 3, 3]], np.uint8), labels) == 0
    assert evaluate_frame_iou(np.zeros((1, 4), np.uint8), np.zeros((1, 4), np.uint8)) == 1


def test_agreement_adds_up_over_samples(generator: torch.Generator) -> None:
    network = build_student(StudentConfig(widths=(4, 8)), generator).eval()
    image = torch.randint(0, 255, (32, 48, 3), dtype=torch.uint8, generator=generator)
    found = predict_probabilities(network, image[None], "float32")[0].argmax(dim=0).numpy().astype(np.uint8)
    samples = [
        Sample(image=image.numpy(), labels=found, weight=1.0),
        Sample(image=image.numpy(), labels=1 - found, weight=1.0),
    ]
    assert evaluate_samples(network, samples, torch.device("cpu"), "float32") == 1
    assert evaluate_samples(network, [], torch.device("cpu"), "float32") == 0

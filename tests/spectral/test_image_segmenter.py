"""Images of one size, from pixels to what each task asks for."""

import numpy as np
import pytest
import torch

from ike_ray.config import SpectralRunConfig
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.settings import read_settings_of
from ike_ray.spectral import object_side
from ike_ray.spectral.image_segmenter import THRESHOLD, ImageSegmenter, build_soft_mask
from ike_ray.spectral.object_side import ObjectSide
from ike_ray.timing import Stopwatch
from tests.drawn_images import SMALL, draw_photo

TASKS = ("localize", "segment", "regions", "matte")


def segment(images: np.ndarray, *changes: str) -> list:
    config = read_settings_of(SpectralRunConfig, "", [*SMALL, *changes])
    return ImageSegmenter(config, torch.device("cpu"))(images, stopwatch=Stopwatch())


def test_soft_masks_are_above_the_cut_just_where_masks_are() -> None:
    side = ObjectSide(map=np.float32([[-3, -1], [0, 2]]))
    for mask in (np.eye(4, dtype=bool), np.zeros((4, 4), bool), np.ones((4, 4), bool)):
        soft = build_soft_mask(side, mask)
        np.testing.assert_array_equal(soft > THRESHOLD, mask)
        assert soft.min() >= 0
        assert soft.max() <= 1
    assert not build_soft_mask(None, np.eye(4, dtype=bool)).any()


@pytest.mark.parametrize("task", TASKS)
def test_each_task_gives_what_it_says_and_times_its_stages(task: str) -> None:
    images = np.stack([draw_photo(seed)[0] for seed in range(2)])
    stopwatch = Stopwatch()
    config = read_settings_of(SpectralRunConfig, "", [*SMALL, f"task={task}"])
    found = ImageSegmenter(config, torch.device("cpu"))(images, stopwatch=stopwatch)
    assert len(found) == 2
    for image in found:
        assert (image.box is not None) == (task == "localize")
        assert (image.regions is not None) == (task == "regions")
        assert (image.matte is not None) == (task == "matte")
        np.testing.assert_array_equal(image.soft_mask > THRESHOLD, image.mask)
        assert 0 < image.confidence <= 1
    stages = ("features", "eigenvectors", "refine") if task == "regions" else ("features", "refine")
    assert min(stopwatch.seconds[stage] for stage in stages) > 0


def test_without_weights_an_object_is_found_by_saliency_and_the_map_is_shown() -> None:
    image, mask = draw_photo(0)
    (found,) = segment(image[None], "task=segment")
    assert evaluate_jaccard(found.mask[None], mask[None])[0] > 0.9
    assert found.confidence > 0.9
    assert found.maps.shape == (1, *mask.shape)
    assert (found.maps.min(), found.maps.max()) == (0, 1)


def test_of_two_masks_the_one_with_the_higher_confidence_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bright sky stands out half as much as a red disk. The mask of both lies on the border, that of the disk does not."""
    rows, columns = np.indices((90, 120))
    disk, sky = (rows - 60) ** 2 + (columns - 60) ** 2 < 400, rows < 30
    image = np.where(disk[..., None], (200, 40, 40), np.where(sky[..., None], (200, 220, 250), (60, 90, 50))).astype(np.uint8)
    saliency = np.where(disk, 1, np.where(sky, 0.5, 0)).astype(np.float32)
    monkeypatch.setattr(object_side, "learn_saliency", lambda image: saliency)
    (found,) = segment(image[None], "task=segment")
    assert evaluate_jaccard(found.mask[None], disk[None])[0] > 0.95
    assert (found.soft_mask > 0.5)[found.mask].all()
    (matted,) = segment(image[None], "task=matte")
    assert evaluate_jaccard(matted.mask[None], disk[None])[0] > 0.9
    (localized,) = segment(image[None], "task=localize")
    assert localized.mask[sky].all()  # a box is that of all that stands out


def test_the_published_eigenvector_can_be_asked_without_weights() -> None:
    image, _ = draw_photo(0)
    (found,) = segment(image[None], "task=segment", "mask.object=eigenvector")
    assert len(found.maps) > 1
    assert found.mask.any()


def test_what_is_larger_than_asked_is_looked_at_smaller() -> None:
    image, mask = draw_photo(0, 150, 200)
    (found,) = segment(image[None], "task=segment", "mask.area_px=7500")
    assert found.maps.shape == (1, 75, 100)
    assert found.mask.shape == mask.shape
    assert evaluate_jaccard(found.mask[None], mask[None])[0] > 0.9


@pytest.mark.parametrize("task", TASKS)
def test_an_image_of_one_colour_has_no_object(task: str) -> None:
    (found,) = segment(np.full((1, 30, 40, 3), 90, np.uint8), f"task={task}")
    assert not found.mask.any()
    assert found.box is None
    assert found.confidence == 0

"""`ike_ray.segment_images`: images of any sizes, by path or as arrays, in their order."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ike_ray
from ike_ray.config import SpectralRunConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.settings import read_settings_of
from ike_ray.spectral.image_segmenter import ImageSegmenter
from ike_ray.timing import Stopwatch
from tests.drawn_images import SMALL, draw_photo, write_photo


@pytest.fixture
def photos(tmp_path: Path) -> list[Path | np.ndarray]:
    """Four images, of which the last but one is in memory and of another size."""
    paths = [tmp_path / "photos" / f"{seed}.png" for seed in range(3)]
    for seed, path in enumerate(paths):
        write_photo(path, draw_photo(seed)[0])
    return [paths[0], paths[1], draw_photo(7, 50, 90)[0], paths[2]]


def test_images_come_in_order_as_the_segmenter_finds_them(photos: list[Path | np.ndarray]) -> None:
    seen: list[int] = []
    found = list(ike_ray.segment_images(photos, changes=SMALL, progress=seen.append))
    assert seen == [2, 1, 1]
    assert [image.index for image in found] == [0, 1, 2, 3]
    assert [image.uri for image in found] == [None if isinstance(photo, np.ndarray) else str(photo) for photo in photos]
    segment = ImageSegmenter(read_settings_of(SpectralRunConfig, "", SMALL), torch.device("cpu"))
    for image, seed in zip(found, (0, 1, 7, 2), strict=True):
        drawn, truth = draw_photo(seed, *image.mask.shape)
        np.testing.assert_array_equal(image.image, drawn)
        (expected,) = segment(drawn[None], stopwatch=Stopwatch())
        np.testing.assert_array_equal(image.mask, expected.mask)
        np.testing.assert_array_equal(image.soft_mask, expected.soft_mask)
        assert (image.mask == truth).mean() > 0.97
        assert image.regions is None
        assert image.cutout is None
        assert image.box is not None


def test_a_folder_is_its_images(photos: list[Path | np.ndarray]) -> None:
    folder = Path(str(photos[0])).parent
    found = list(ike_ray.segment_images(folder, changes=[*SMALL, "features.batch_size=2"]))
    assert [image.uri for image in found] == [f"{folder}/{name}.png" for name in range(3)]


def test_a_task_gives_what_it_is_for(photos: list[Path | np.ndarray]) -> None:
    image = next(ike_ray.segment_images(photos, task="matte", changes=SMALL))
    assert image.cutout is not None
    assert image.cutout.shape == (60, 80, 4)
    image = next(ike_ray.segment_images(photos, task="regions", changes=[*SMALL, "regions.num_regions=3"]))
    assert image.regions is not None
    assert set(np.unique(image.regions)) <= {0, 1, 2}
    np.testing.assert_array_equal(image.regions > 0, image.mask)
    overlay = image.render_overlay()
    assert (overlay != image.image).any(axis=2)[image.mask].all()
    image = next(ike_ray.segment_images(photos, task="localize", changes=SMALL))
    assert image.box is not None


def test_errors_are_told_at_once_or_at_the_image(photos: list[Path | np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="task: Input should be"):
        ike_ray.segment_images(photos, changes=["task=guess"])
    with pytest.raises(ConfigError, match="there is nothing at"):
        ike_ray.segment_images(tmp_path / "missing")
    images = ike_ray.segment_images([photos[0], tmp_path / "missing.png"], changes=[*SMALL, "features.batch_size=1"])
    with pytest.raises(InputError, match=r"missing\.png"):
        list(images)
    with pytest.raises(InputError, match=r"expected an image as uint8 of shape \(H, W, 3\), RGB, found float64"):
        list(ike_ray.segment_images([np.zeros((9, 9, 3))]))

import dataclasses

import pytest
import torch

from ike_ray.config import AugmentConfig
from ike_ray.student import augment
from ike_ray.student.augment import augment_sample
from ike_ray.student.samples import IGNORED

PLAIN = AugmentConfig(crop_size_px=(32, 48), flip=False, colour=0.0)


@pytest.fixture
def whole_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crops are the largest that the frame holds."""
    monkeypatch.setattr(augment, "_LEAST_CROP_FRACTION", 1.0)


def draw(height: int = 32, width: int = 48) -> tuple[torch.Tensor, torch.Tensor]:
    """A frame whose left third is object and white, in which every row is darker than the one above."""
    image = torch.linspace(200, 20, height).round().to(torch.uint8)[:, None, None].repeat(1, width, 3)
    labels = torch.zeros(height, width, dtype=torch.uint8)
    labels[:, : width // 3] = 1
    image[labels > 0] = 255
    return image, labels


@pytest.mark.usefixtures("whole_frames")
def test_nothing_varied_is_the_frame_itself(generator: torch.Generator) -> None:
    image, labels = draw()
    crop, targets = augment_sample(image, labels, PLAIN, generator)
    torch.testing.assert_close(crop, image.permute(2, 0, 1) / 255, atol=1e-5, rtol=0)
    assert torch.equal(targets, labels.long())


def test_labels_stay_on_their_pixels(generator: torch.Generator) -> None:
    image, labels = draw(64, 96)
    config = dataclasses.replace(PLAIN, flip=True)
    sides, shares = set(), set()
    for _ in range(12):
        crop, targets = augment_sample(image, labels, config, generator)
        assert crop.shape == (3, 32, 48)
        assert set(targets.unique().tolist()) <= {0, 1}
        # White exactly where the label says so, but for the pixels along the edge.
        differs = (crop[0] > 0.9) != (targets > 0)
        assert differs.float().mean() < 0.05
        sides.add(bool(targets[:, 0].any()))
        shares.add(round(targets.float().mean().item(), 2))
    assert sides == {True, False}
    assert len(shares) > 3


@pytest.mark.usefixtures("whole_frames")
def test_a_frame_of_another_aspect_is_not_stretched(generator: torch.Generator) -> None:
    """A square in a tall frame remains one."""
    image = torch.zeros(96, 48, 3, dtype=torch.uint8)
    labels = torch.zeros(96, 48, dtype=torch.uint8)
    labels[::2], labels[1::2] = 0, 1  # lines of one pixel: at the same scale in both directions the crop has 32 of 96 rows
    targets = augment_sample(image, labels, PLAIN, generator)[1]
    changes = (targets[1:] != targets[:-1]).float().mean()
    assert changes == 1


@pytest.mark.usefixtures("whole_frames")
def test_colours_vary_within_their_range_and_labels_do_not(generator: torch.Generator) -> None:
    image, labels = draw()
    labels[0] = IGNORED
    crops = [augment_sample(image, labels, dataclasses.replace(PLAIN, colour=0.5), generator) for _ in range(4)]
    assert all(torch.equal(targets, labels.long()) for _, targets in crops)
    means = [crop.mean().item() for crop, _ in crops]
    assert max(means) - min(means) > 0.02
    assert all(crop.min() >= 0 and crop.max() <= 1 for crop, _ in crops)


def test_the_same_generator_gives_the_same() -> None:
    image, labels = draw()
    first, second = (augment_sample(image, labels, AugmentConfig(), torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])

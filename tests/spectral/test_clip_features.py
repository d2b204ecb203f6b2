from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from ike_ray.config import ClipFeaturesConfig, RefineConfig
from ike_ray.errors import ConfigError
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.refine.clip_sharpening import sharpen_clip
from ike_ray.refine.feature_model import ClipFeatures, PatchFeatures
from ike_ray.spectral.clip_features import build_clip_features_finder, find_components
from ike_ray.spectral.vit import Vit
from tests.spectral.test_vit import folders, load  # noqa: F401  # a fixture

CPU = torch.device("cpu")


def find(folder: Path, frames: np.ndarray, batch_size: int = 8) -> PatchFeatures:
    config = ClipFeaturesConfig(model=str(folder), image_area_px=None, batch_size=batch_size, precision="float32")
    found = build_clip_features_finder(config, CPU)
    assert found
    return found(frames)


def draw_stripes(num_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A disk of upright stripes moves over level ones of the same two greys. Colours do not tell them apart."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices((160, 240))
    frames, masks = [], []
    for step in range(num_frames):
        mask = cv2.circle(np.zeros((160, 240), np.uint8), (80 + 12 * step, 80), 36, 1, -1) > 0
        grey = np.where(np.where(mask, (columns - 12 * step) % 8 < 4, rows % 8 < 4), 170, 90)
        frames.append((grey[..., None] + rng.normal(0, 8, (160, 240, 3))).clip(0, 255).astype(np.uint8))
        masks.append(mask)
    return np.stack(frames), np.stack(masks)


@pytest.mark.parametrize("family", ["dino", "dinov2", "dinov3"])
def test_features_tell_what_colours_do_not(folders: dict[str, Path], family: str) -> None:  # noqa: F811
    """From soft masks that are blurred and shifted. The weights are drawn at random, and still see stripes."""
    frames, masks = draw_stripes(6)
    blurred = np.stack([cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 12) for mask in masks])
    soft = torch.from_numpy(np.roll(blurred, (10, -10), axis=(1, 2)))
    features = ClipFeatures(patches=find(folders[family], frames), average=lambda values: values, weight=0.6)
    by_colours, by_both = (sharpen_clip(frames, soft, RefineConfig(), found) for found in (None, features))
    jaccards = [float(evaluate_jaccard(answer.numpy() > 0.5, masks).mean()) for answer in (by_colours, by_both)]
    assert jaccards[0] < 0.65
    assert jaccards[1] > 0.78


def test_components_keep_distances(folders: dict[str, Path], rng: np.random.Generator) -> None:  # noqa: F811
    """The tiny model has 32 numbers a patch, which are as many as are kept. So patches are as far apart as before."""
    frames = rng.integers(0, 256, (11, 40, 56, 3), np.uint8)
    found = find(folders["dino"], frames, batch_size=2)
    assert found.maps.shape == (11, 5, 7, 32)
    features = load(folders["dino"]).predict_features(frames).flatten(0, 1)
    maps = found.maps.flatten(0, 2)
    torch.testing.assert_close(torch.cdist(maps, maps), torch.cdist(features, features), atol=1e-3, rtol=1e-3)


def test_batches_change_nothing_and_are_never_exceeded(
    folders: dict[str, Path],  # noqa: F811
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = rng.integers(0, 256, (11, 40, 56, 3), np.uint8)
    sizes: list[int] = []
    predict = Vit.predict_features

    def count(vit: Vit, images: np.ndarray) -> Tensor:
        sizes.append(len(images))
        return predict(vit, images)

    monkeypatch.setattr(Vit, "predict_features", count)
    few, many = (find(folders["dino"], frames, batch_size=size).maps.flatten(0, 2) for size in (3, 8))
    assert sizes == [3, 3, 2, 3, 8, 3]  # the frames that the components are found in come first
    torch.testing.assert_close(torch.cdist(few, few), torch.cdist(many, many), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("num_frames", [1, 2])
def test_short_windows(folders: dict[str, Path], rng: np.random.Generator, num_frames: int) -> None:  # noqa: F811
    found = find(folders["dino"], rng.integers(0, 256, (num_frames, 30, 50, 3), np.uint8))
    assert found.maps.shape == (num_frames, 4, 6, 32)
    assert found.maps.isfinite().all()


def test_components_by_hand() -> None:
    """Points on a line through (1, 2) that leads along (3, 4)."""
    rows = torch.tensor([[1.0, 2], [4, 6], [-2, -2]])
    mean, components = find_components(rows, 1)
    torch.testing.assert_close(mean, torch.tensor([1.0, 2]))
    torch.testing.assert_close(components.abs(), torch.tensor([[0.6], [0.8]]))


def test_without_a_model_there_is_none() -> None:
    assert build_clip_features_finder(ClipFeaturesConfig(), CPU) is None


def test_a_model_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot load features\.model .*: expected a vision transformer"):
        build_clip_features_finder(ClipFeaturesConfig(model=str(tmp_path / "none")), CPU)

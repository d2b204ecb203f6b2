"""The published operators, one after the other, beside the same written literally: affinity, colours, v_1, side and box."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ike_ray.config import SpectralRunConfig
from ike_ray.settings import read_settings_of
from ike_ray.spectral.image_segmenter import ImageSegmenter
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import resize_frame
from tests.drawn_images import draw_photo
from tests.reference.literal_spectral import build_affinity, choose_side, find_largest, find_vectors
from tests.spectral.test_vit import folders, load  # noqa: F401  # a fixture

GRID = (12, 16)
PATCH_PX = 8


@pytest.mark.parametrize("family", ["dino", "dinov2", "dinov3"])
@pytest.mark.parametrize(("colour", "mu"), [("walk", 0.0), ("neighbours", 10.0), ("walk", 10.0)])
def test_numbers_are_those_of_the_text(folders: dict[str, Path], family: str, colour: str, mu: float) -> None:  # noqa: F811
    """The mask between patches is exact but where v_1 is 0 to rounding, so the box is too."""
    image, _ = draw_photo(1, 96, 128)
    changes = ["task=localize", "features.source=vit", f"features.model={folders[family]}", "features.precision=float32"]
    changes += ["features.image_area_px=null", f"affinity.colour={colour}", f"affinity.colour_weight={mu}"]
    config = read_settings_of(SpectralRunConfig, "", changes)
    (found,) = ImageSegmenter(config, torch.device("cpu"))(image[None], stopwatch=Stopwatch())

    features = load(folders[family]).predict_features(image[None])[0].numpy()
    weights = build_affinity(features, resize_frame(image, *GRID), colour, mu)
    values, vectors = find_vectors(weights, 3)
    assert values[2] / values[1] > 1.02  # v_1 is one vector, and not any of two
    assert found.maps.shape[1:] == GRID
    cosine = abs(found.maps[0].ravel() @ vectors[1]) / np.linalg.norm(found.maps[0]) / np.linalg.norm(vectors[1])
    assert cosine > 0.9999
    piece = find_largest(choose_side(vectors[1]).reshape(GRID))
    rows, columns = np.nonzero(piece)
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) * PATCH_PX
    assert found.box == tuple(box)
    np.testing.assert_array_equal(found.mask, np.kron(piece, np.ones((PATCH_PX, PATCH_PX), bool)))

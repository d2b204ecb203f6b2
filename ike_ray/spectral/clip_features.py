"""Features of the patches of a clip's frames by a vision transformer, few enough numbers a patch for a whole window."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from ike_ray.config import ClipFeaturesConfig, FeaturesConfig
from ike_ray.refine.feature_model import PatchFeatures
from ike_ray.spectral.image_graph import choose_grid
from ike_ray.spectral.vit import Vit
from ike_ray.video.clip import resize_frame

ClipFeaturesFinder = Callable[[UInt8[np.ndarray, "m H W 3"]], PatchFeatures]

# A window keeps this many numbers a patch: 171 frames of 900 patches are 20 MB, and the 384 numbers of a small model would be
# 236 MB.
_NUM_COMPONENTS = 32
_NUM_SAMPLED = 8  # the components are those of this many frames, which are spread over the window


def build_clip_features_finder(config: ClipFeaturesConfig, device: torch.device) -> ClipFeaturesFinder | None:
    """Return a function of a window's frames that returns the features of their patches. The model is loaded once, here.

    Return None if the settings name no model. Raise `ConfigError` if the model cannot be used.
    """
    if config.model is None:
        return None
    vit = Vit(
        FeaturesConfig(source="vit", model=config.model, block=config.block, kind=config.kind, precision=config.precision),
        device,
    )
    return lambda frames: _find_features(frames, vit, config)


def _find_features(frames: UInt8[np.ndarray, "m H W 3"], vit: Vit, config: ClipFeaturesConfig) -> PatchFeatures:
    """Return the leading principal components of the patches' features.

    Only those of the sampled frames and of one batch are ever held whole.
    """
    height, width = frames.shape[1:3]
    grid = choose_grid(height, width, config.image_area_px or height * width, vit.patch_px)
    size_px = (grid[0] * vit.patch_px, grid[1] * vit.patch_px)

    def predict(indices: np.ndarray) -> Float32[Tensor, "b n d"]:
        batches = [indices[start : start + config.batch_size] for start in range(0, len(indices), config.batch_size)]
        found = [vit.predict_features(np.stack([resize_frame(frames[i], *size_px) for i in batch])) for batch in batches]
        return torch.cat(found)

    sampled = np.unique(np.linspace(0, len(frames) - 1, _NUM_SAMPLED).round().astype(int))
    features = predict(sampled)
    mean, components = find_components(features.flatten(0, 1), _NUM_COMPONENTS)
    maps = features.new_empty((len(frames), grid[0] * grid[1], components.shape[1]))
    maps[torch.from_numpy(sampled)] = (features - mean) @ components
    others = np.setdiff1d(np.arange(len(frames)), sampled)
    for start in range(0, len(others), config.batch_size):
        batch = others[start : start + config.batch_size]
        maps[torch.from_numpy(batch)] = (predict(batch) - mean) @ components
    return PatchFeatures(maps=maps.unflatten(1, grid))


def find_components(
    rows: Float32[Tensor, "n d"], num_components: int
) -> tuple[Float32[Tensor, " d"], Float32[Tensor, "d c"]]:
    """Return the mean of the rows and their leading principal components, one a column, of unit length.

    There are `num_components` of them, or as many as a row has numbers if those are fewer.
    """
    mean = rows.mean(dim=0)
    centred = rows - mean
    _, vectors = torch.linalg.eigh(centred.mT @ centred / len(rows))
    return mean, vectors[:, -num_components:]

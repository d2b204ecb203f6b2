"""The models that say more of a window's frames than their motion and colours, if the settings name any."""

from dataclasses import dataclass

import torch

from ike_ray.config import Config
from ike_ray.spectral.clip_features import ClipFeaturesFinder, build_clip_features_finder
from ike_ray.student.second_cue import SecondCueFinder, build_second_cue_finder


@dataclass(frozen=True, kw_only=True)
class ClipModels:
    """What each model says of frames, as a function of them. It is None if the settings name no such model."""

    find_second_cue: SecondCueFinder | None = None
    find_features: ClipFeaturesFinder | None = None


NO_MODELS = ClipModels()


def build_clip_models(config: Config, device: torch.device) -> ClipModels:
    """Return the student of `second_cue.model` and the vision transformer of `features.model`, loaded once, here.

    Raise `ConfigError` if one of them cannot be used.
    """
    return ClipModels(
        find_second_cue=build_second_cue_finder(config.second_cue, config.network.precision, device),
        find_features=build_clip_features_finder(config.features, device),
    )

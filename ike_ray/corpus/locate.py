"""The files that settings name, wherever the job will run."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ike_ray.config import Config, RunConfig, SpectralRunConfig
from ike_ray.storage.files import read_path

_Config = TypeVar("_Config", bound=RunConfig)


def list_files(config: RunConfig) -> dict[str, str]:
    """Paths and URIs of the files that the settings name, by the setting. A model that is no folder here is a name."""
    match config:
        case Config():
            named = {"flow.weights": config.flow.weights, "flow.folder": config.flow.folder}
            named["second_cue.model"] = config.second_cue.model
        case SpectralRunConfig():
            composite, model = config.output.composite, config.features.model
            is_colour = composite is not None and composite.startswith("#")
            named = {"output.composite": None if is_colour else composite}
            named["features.model"] = model if model is not None and Path(model).is_dir() else None
    return {name: uri for name, uri in named.items() if uri}


def locate_files(config: _Config) -> _Config:
    """The settings with absolute paths: a worker's folder is not the caller's."""
    for name, uri in list_files(config).items():
        section, _, key = name.partition(".")
        config = replace(config, **{section: replace(getattr(config, section), **{key: read_path(uri)})})
    return config

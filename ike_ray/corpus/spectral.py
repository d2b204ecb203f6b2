"""The spectral job, which runs Deep Spectral Methods on every image or video of a list."""

import re

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import SpectralRunConfig, VideoConfig
from ike_ray.corpus.filling_job import FillingJob, find_folder
from ike_ray.engine.job import Process
from ike_ray.errors import ConfigError, InputError
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import read_bytes
from ike_ray.video.image_file import decode_image
from ike_ray.video.manifest import list_images_and_videos

_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


def load_spectral(run: RunFolder, config: SpectralRunConfig) -> Process:
    """Load the model's weights and the background."""
    from ike_ray.corpus.spectral_process import SpectralProcess  # noqa: PLC0415 # torch stays out of the actors

    return SpectralProcess(run, config, read_background(config.output.composite))


def read_background(background: str | None) -> UInt8[np.ndarray, "H W 3"] | None:
    """Return the background of cut-out objects: the picture at a path or URI, or one pixel of a colour such as #00b140.

    Return None for None. Raises `ConfigError` if it is neither a picture nor a colour.
    """
    if background is None:
        return None
    colour = _COLOUR.fullmatch(background)
    if colour:
        return np.array([[[int(channel, 16) for channel in colour.groups()]]], np.uint8)
    try:
        return decode_image(read_bytes(background), background, VideoConfig().max_image_px)
    except InputError as error:
        raise ConfigError(f"cannot use output.composite: expected a colour such as #00b140, or an image: {error}") from error


def _list_files(config: SpectralRunConfig) -> dict[str, str | None]:
    composite = config.output.composite
    is_colour = composite is not None and composite.startswith("#")
    return {"output.composite": None if is_colour else composite, "features.model": find_folder(config.features.model)}


def _check_background(config: SpectralRunConfig) -> None:
    """Raise `ConfigError` if the background cannot be used."""
    read_background(config.output.composite)


SPECTRAL = FillingJob(
    settings=SpectralRunConfig,
    nouns="images",
    list_items=list_images_and_videos,
    load=load_spectral,
    choose_group_size=lambda config: config.workers.images_at_once,
    list_files=_list_files,
    check=_check_background,
)

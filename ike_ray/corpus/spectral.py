"""The spectral job: Deep Spectral Methods on every image, or video, of a list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import SpectralRunConfig, VideoConfig, WorkersConfig
from ike_ray.corpus.filling_job import FillingJob, OutcomeRows, find_folder
from ike_ray.engine.job import Process, split
from ike_ray.errors import ConfigError, InputError
from ike_ray.records import VideoRef
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import read_bytes
from ike_ray.video.image_file import decode_image
from ike_ray.video.manifest import list_images_and_videos

_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


@dataclass(frozen=True, kw_only=True)
class SpectralJob:
    """Several images a call, which are read, and written, over many connections at once.

    Torch is imported by its process alone, and stays out of the memory of the actors.
    """

    run: RunFolder
    config: SpectralRunConfig

    @property
    def workers(self) -> WorkersConfig:
        """The pool."""
        return self.config.workers

    @property
    def outcomes(self) -> OutcomeRows:
        """The rows of the run."""
        return OutcomeRows(run=self.run, is_on_gpu=self.config.workers.num_gpus > 0)

    def list_groups(self, items: Sequence[VideoRef], num_workers: int) -> list[list[VideoRef]]:
        """Return groups of `workers.images_at_once`, of fewer where workers would have few."""
        return split(items, num_workers, most=self.config.workers.images_at_once)

    def load(self) -> Process:
        """Load the model's weights and the background."""
        from ike_ray.corpus.spectral_process import SpectralProcess  # noqa: PLC0415 # see above

        return SpectralProcess(self.run, self.config, read_background(self.config.output.composite))


def read_background(background: str | None) -> UInt8[np.ndarray, "H W 3"] | None:
    """Return what cut-out objects are put before: the picture at a path or URI, or one pixel of a colour such as #00b140.

    None for None. Raises `ConfigError` where it is neither.
    """
    if background is None:
        return None
    colour = _COLOUR.fullmatch(background)
    if colour:
        return np.array([[[int(channel, 16) for channel in colour.groups()]]], np.uint8)
    try:
        return decode_image(read_bytes(background), background, VideoConfig().max_image_px)
    except InputError as error:
        raise ConfigError(f"cannot use output.composite: expected a colour such as #00b140, or an image. {error}") from error


def _list_files(config: SpectralRunConfig) -> dict[str, str | None]:
    composite = config.output.composite
    is_colour = composite is not None and composite.startswith("#")
    return {"output.composite": None if is_colour else composite, "features.model": find_folder(config.features.model)}


def _check_background(config: SpectralRunConfig) -> None:
    """Raise `ConfigError` where the background cannot be used."""
    read_background(config.output.composite)


SPECTRAL = FillingJob(
    settings=SpectralRunConfig,
    nouns="images",
    list_items=list_images_and_videos,
    build=lambda run, config: SpectralJob(run=run, config=config),
    list_files=_list_files,
    check=_check_background,
)

"""Descriptors of the regions of videos, and the choice of what they are."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float32

from ike_ray.config import DescriptorsConfig, FeaturesConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.export.pictures import read_pictures
from ike_ray.masks.rle import read_rle
from ike_ray.run.objects import list_objects
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.semantics.appearance import describe_appearance
from ike_ray.semantics.crop import Crop, build_crop
from ike_ray.settings import config_values
from ike_ray.spectral.vit import Vit

Describer = Callable[[Sequence[Crop]], Float32[np.ndarray, "b d"]]
Rows = list[dict[str, Any]]  # with the columns of `DESCRIPTOR_SCHEMA`


def build_describer(config: DescriptorsConfig, device: torch.device) -> Describer:
    """Return a function of crops that returns their descriptors, of unit length. A model is loaded once, here.

    Raises `ConfigError` if the model cannot be used.
    """
    match config.source:
        case "appearance":
            return lambda crops: np.stack([describe_appearance(crop) for crop in crops])
        case "vit":
            vit = _load_vit(config, device)
            return lambda crops: vit.predict_descriptors(np.stack([crop.image for crop in crops])).cpu().numpy()


def _load_vit(config: DescriptorsConfig, device: torch.device) -> Vit:
    try:
        return Vit(FeaturesConfig(source="vit", model=config.model, precision=config.precision), device)
    except ConfigError as error:  # the message names the settings of features, and this job has others
        raise ConfigError(str(error).replace("features.", "descriptors.")) from error


def build_settings_text(run_digest: str, config: DescriptorsConfig) -> str:
    """Return, as JSON, the digest of a run's masks and every setting that can change a descriptor."""
    values = {name: value for name, value in config_values(config).items() if name != "batch_size"}
    return json.dumps(values | {"run": run_digest}, sort_keys=True)


def build_digest(settings: str) -> str:
    """Return 12 hexadecimal digits that stand for `build_settings_text`."""
    return hashlib.sha256(settings.encode()).hexdigest()[:12]


def describe_videos(
    videos: Iterable[SegmentedVideo], describe: Describer, config: DescriptorsConfig
) -> tuple[Rows, dict[str, Exception]]:
    """Return a row for each region of the videos, and why videos have none. Crops go through `describe` in batches.

    If the pictures of a video have gone or changed, or cannot be read or cut, only that video is lost.
    """
    batch = _Batch(describe, config.batch_size)
    failures: dict[str, Exception] = {}
    for video in videos:
        try:
            for image, row in read_pictures(video):
                for entry in list_objects(row):
                    if entry["box"] is not None and entry["area_fraction"] >= config.min_area_fraction:
                        ids = {"video_id": video.video_id, "frame_index": row["frame_index"], "number": entry["number"]}
                        batch.add(ids, build_crop(image, read_rle(entry["mask"]), config))
        except (InputError, cv2.error) as error:
            failures[video.video_id] = error
    rows = batch.finish()
    return [row for row in rows if row["video_id"] not in failures], failures


class _Batch:
    """Crops that wait until there are enough of them."""

    def __init__(self, describe: Describer, size: int) -> None:
        self._describe, self._size = describe, size
        self._waiting: list[tuple[dict[str, Any], Crop]] = []
        self._rows: Rows = []

    def add(self, ids: dict[str, Any], crop: Crop) -> None:
        self._waiting.append((ids | {"box": crop.box}, crop))
        if len(self._waiting) == self._size:
            self._empty()

    def finish(self) -> Rows:
        """Return the rows of all crops."""
        self._empty()
        return self._rows

    def _empty(self) -> None:
        if self._waiting:
            descriptors = self._describe([crop for _, crop in self._waiting])
            ids = [own for own, _ in self._waiting]
            self._rows += [own | {"descriptor": vector} for own, vector in zip(ids, descriptors, strict=True)]
            self._waiting = []

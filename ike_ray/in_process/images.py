"""The object of each of a list of images, or its regions."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8

from ike_ray.config import SpectralRunConfig
from ike_ray.device import find_device
from ike_ray.errors import InputError
from ike_ray.masks.box import build_box
from ike_ray.masks.overlay import list_masks, render_overlay
from ike_ray.settings_file import resolve_settings
from ike_ray.spectral.image_segmenter import ImageSegmenter, SegmentedImage, choose_batch_size
from ike_ray.spectral.matte import build_cutout
from ike_ray.storage.files import read_bytes, read_path
from ike_ray.timing import Stopwatch
from ike_ray.video.image_file import decode_image
from ike_ray.video.manifest import list_images_and_videos


@dataclass(frozen=True, kw_only=True)
class FoundImage:
    """One image with what was found in it, at its own size, upright."""

    index: int  # position in the list of images, from 0
    uri: str | None  # where it was read; None for an array
    image: UInt8[np.ndarray, "H W 3"]  # RGB
    mask: Bool[np.ndarray, "H W"]  # the object; for task regions, all but the background
    soft_mask: Float32[np.ndarray, "H W"]  # in [0, 1], above 0.5 where the mask is
    regions: UInt8[np.ndarray, "H W"] | None  # the number of each pixel's region, 0 for background; task regions only
    box: tuple[int, int, int, int] | None  # x0, y0, x1, y1, half-open, in pixels; None for an empty mask
    cutout: UInt8[np.ndarray, "H W 4"] | None  # the object's colours and its opacity, RGBA, not multiplied; task matte only
    confidence: float  # in [0, 1]

    def render_overlay(self) -> UInt8[np.ndarray, "H W 3"]:
        """Return the image with its object, or its regions, tinted and outlined."""
        return render_overlay(self.image, list_masks(self.mask, self.regions))


def segment_images(
    images: str | os.PathLike[str] | Iterable[str | os.PathLike[str] | np.ndarray],
    config: str | os.PathLike[str] | SpectralRunConfig = "spectral",
    *,
    task: Literal["localize", "segment", "regions", "matte"] | None = None,
    changes: Sequence[str] = (),
    device: torch.device | str | None = None,
    progress: Callable[[int], object] = lambda num_images: None,
) -> Iterator[FoundImage]:
    """Yield images, in order, each with its object, by Deep Spectral Methods:

    ```python
    for image in ike_ray.segment_images(["cat.jpg", "dog.jpg"], task="regions"):
        print(image.index, image.box, image.confidence)
    ```

    It is the method of `ike-ray spectral`, in this process. Ray is not started, and nothing is written. Neighbours in the
    list that are of one size go together, `features.batch_size` of them at most. The memory is that of one such batch.

    Args:
        images: Paths, URIs and arrays, `uint8` RGB of shape (H, W, 3), of any sizes. It may also be one path or URI, like
            the INPUT of `ike-ray spectral`: an image, a folder of images, a glob or a manifest.
        config: The name of settings that come with the program (`ike-ray settings --list`), the path of a YAML file, or a
            record. `workers` and `output` count for nothing here, except that `workers.num_gpus` above 0 asks for a GPU.
        task: What is made of the eigenvectors. None: the setting `task` says it, which is segment unless it is set.
        changes: Single settings, as --set takes them: `["regions.num_regions=4"]`.
        device: Where to compute. None: the settings say it.
        progress: It is called after each batch with the number of its images, as `tqdm(...).update` expects it.

    Raise `ConfigError` at once if the settings cannot be used or there is no image. While it is iterated, raise
    `InputError` if an image cannot be read, `ExcludedError` if it has more pixels than `video.max_image_px`, and
    `TransientError` if a storage does not answer.
    """
    chosen = [*changes, *([] if task is None else [f"task={task}"])]
    settings = resolve_settings(SpectralRunConfig, config, chosen)
    place = find_device(settings.workers) if device is None else torch.device(device)
    listed = _list_images(images) if isinstance(images, str | os.PathLike) else images
    return _follow_images(listed, settings, ImageSegmenter(settings, place), progress)


def _list_images(source: str | os.PathLike[str]) -> list[str]:
    return [ref.uri for ref in list_images_and_videos(os.fspath(source))]


def _follow_images(
    listed: Iterable[str | os.PathLike[str] | np.ndarray],
    config: SpectralRunConfig,
    segment_batch: ImageSegmenter,
    progress: Callable[[int], object],
) -> Iterator[FoundImage]:
    stopwatch = Stopwatch()
    num_images = 0
    for batch in _list_batches(listed, config):
        found = segment_batch(np.stack([image for _, image in batch]), stopwatch=stopwatch)
        progress(len(batch))
        for index, ((uri, image), segmented) in enumerate(zip(batch, found, strict=True), start=num_images):
            yield _build_found(index, uri, image, segmented)
        num_images += len(batch)


def _build_found(index: int, uri: str | None, image: UInt8[np.ndarray, "H W 3"], found: SegmentedImage) -> FoundImage:
    return FoundImage(
        index=index,
        uri=uri,
        image=image,
        mask=found.mask,
        soft_mask=found.soft_mask,
        regions=found.regions,
        box=found.box or build_box(found.mask),
        cutout=None if found.matte is None else build_cutout(found.matte),
        confidence=found.confidence,
    )


def _list_batches(
    listed: Iterable[str | os.PathLike[str] | np.ndarray], config: SpectralRunConfig
) -> Iterator[list[tuple[str | None, UInt8[np.ndarray, "H W 3"]]]]:
    """Yield neighbouring images of one size, with their URIs, as many as go together."""
    batch: list[tuple[str | None, UInt8[np.ndarray, "H W 3"]]] = []
    for given in listed:
        uri, image = _read_image(given, config.video.max_image_px)
        is_full = len(batch) >= choose_batch_size(image.shape[:2], config.features.batch_size)
        if batch and (is_full or batch[0][1].shape != image.shape):
            yield batch
            batch = []
        batch.append((uri, image))
    if batch:
        yield batch


def _read_image(
    given: str | os.PathLike[str] | np.ndarray, max_image_px: int
) -> tuple[str | None, UInt8[np.ndarray, "H W 3"]]:
    if not isinstance(given, np.ndarray):
        uri = read_path(os.fspath(given))
        return uri, decode_image(read_bytes(uri), uri, max_image_px)
    if given.dtype != np.uint8 or given.ndim != 3 or given.shape[-1] != 3 or 0 in given.shape:
        raise InputError(
            f"cannot segment an array: expected an image as uint8 of shape (H, W, 3), RGB, found {given.dtype} of shape "
            f"{given.shape}. Convert it"
        )
    return None, np.ascontiguousarray(given)

"""Images of one size, the whole method on one screen: graph, eigenvectors, and what the task makes of them."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8

from ike_ray.config import SpectralRunConfig
from ike_ray.spectral.build import build_graph_builder, choose_matting
from ike_ray.spectral.confidence import estimate_confidence
from ike_ray.spectral.image_graph import ImageGraph
from ike_ray.spectral.localize import keep_largest, localize_box
from ike_ray.spectral.maps import EigenMaps, solve_maps
from ike_ray.spectral.matte import Matte, estimate_matte
from ike_ray.spectral.object_side import ObjectSide, choose_rule, localize_side, measure_strength
from ike_ray.spectral.pixel_mask import refine_mask, resize_map
from ike_ray.spectral.regions import cluster_regions
from ike_ray.timing import Stopwatch

THRESHOLD = 0.5  # soft masks above it are object
# Pixels of a batch at most, unless one image has more: with what is made of it, a pixel takes about 30 bytes.
_BATCH_PX = 16_000_000
_FAINTEST = 1e-6  # so that a soft mask is above the threshold wherever its mask is


@dataclass(frozen=True, kw_only=True)
class SegmentedImage:
    """What was found in one image."""

    mask: Bool[np.ndarray, "H W"]  # the object; of regions all but the background
    soft_mask: Float32[np.ndarray, "H W"]  # in [0, 1], above `THRESHOLD` where the mask is
    regions: UInt8[np.ndarray, "H W"] | None  # task regions: the number of each pixel's region, 0 for background
    box: tuple[int, int, int, int] | None  # task localize: the box of the object, half-open, in pixels
    matte: Matte | None  # task matte
    confidence: float  # in [0, 1], see `estimate_confidence`
    eigen: EigenMaps


class ImageSegmenter:
    """Deep Spectral Methods with their model loaded: call it with images of one size."""

    def __init__(self, config: SpectralRunConfig, device: torch.device) -> None:
        """Raises `ConfigError` where the model cannot be used."""
        self._config, self._device = config, device
        method = choose_matting(config.method) if config.task == "matte" else config.method
        self._build_graph = build_graph_builder(method, device)
        self._rule = choose_rule(method)

    def __call__(self, images: UInt8[np.ndarray, "b H W 3"], *, stopwatch: Stopwatch) -> list[SegmentedImage]:
        """Return what the task asks for, of each image.

        Stages are features (with the affinity), eigenvectors and refine. Source: Melas-Kyriazi et al., CVPR 2022.
        """

        def build_graph(batch: UInt8[np.ndarray, "c H W 3"]) -> ImageGraph:
            with stopwatch.measure("features"):
                return self._build_graph(batch)

        with stopwatch.measure("eigenvectors"):
            eigens = solve_maps(images, build_graph, self._config.eigenvectors, self._device, seed=self._config.seed)
        with stopwatch.measure("refine"):
            return [self._finish(image, eigen) for image, eigen in zip(images, eigens, strict=True)]

    def _finish(self, image: UInt8[np.ndarray, "H W 3"], eigen: EigenMaps) -> SegmentedImage:
        config, (height, width) = self._config, image.shape[:2]
        side = localize_side(eigen, self._rule)
        regions, box, matte = None, None, None
        rough = _build_rough(side, height, width)
        match config.task:
            case "localize":
                mask, box = _localize(side, height, width)
                soft_mask = build_soft_mask(side, mask)
            case "segment":
                mask = rough = refine_mask(image, side, config.mask)
                soft_mask = build_soft_mask(side, mask)
            case "regions":
                regions = cluster_regions(eigen, config.regions, height, width, seed=config.seed)
                mask = regions > 0
                soft_mask = mask.astype(np.float32)
            case "matte":
                matte = estimate_matte(image, refine_mask(image, side, config.mask), config.matte)
                mask = rough = matte.alpha > THRESHOLD
                soft_mask = matte.alpha
        return SegmentedImage(
            mask=mask,
            soft_mask=soft_mask,
            regions=regions,
            box=box,
            matte=matte,
            confidence=estimate_confidence(rough),
            eigen=eigen,
        )


def choose_batch_size(size: tuple[int, ...], batch_size: int) -> int:
    """Return how many images of a height and width to take at once: `batch_size`, or fewer if memory would not hold them."""
    return max(1, min(batch_size, _BATCH_PX // (size[0] * size[1])))


def build_soft_mask(side: ObjectSide | None, mask: Bool[np.ndarray, "H W"]) -> Float32[np.ndarray, "H W"]:
    """Return the mean of `mask` and of its side of the eigenvector, which counts 0.5 where it is 0.

    It is in [0, 1], and above 0.5 just inside `mask`. Without a side it is 0 everywhere.
    """
    if side is None:
        return np.zeros(mask.shape, np.float32)
    strength = max(measure_strength(side.map), _FAINTEST)
    values = resize_map(side.map, *mask.shape) * np.float32(0.5 / strength) + np.float32(0.5)
    return (values.clip(_FAINTEST, 1) + mask) * np.float32(0.5)


def _build_rough(side: ObjectSide | None, height: int, width: int) -> Bool[np.ndarray, "H W"]:
    """Return the object's side as it is, with all its pieces and not sharpened by colours."""
    return np.zeros((height, width), bool) if side is None else resize_map(side.map, height, width) > 0


def _localize(
    side: ObjectSide | None, height: int, width: int
) -> tuple[Bool[np.ndarray, "H W"], tuple[int, int, int, int] | None]:
    """Return the largest piece of the object's side, as it is between patches, and its box."""
    if side is None:
        return np.zeros((height, width), bool), None
    piece = keep_largest(side.map > 0)
    rows = np.arange(height) * piece.shape[0] // height
    columns = np.arange(width) * piece.shape[1] // width
    return piece[rows[:, None], columns], localize_box(piece, height, width)

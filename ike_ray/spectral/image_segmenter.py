"""Images of one size, and the whole method on one screen: what tells the object, and what the task makes of it."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8

from ike_ray.config import SpectralRunConfig
from ike_ray.spectral.build import build_graph_builder, choose_matting
from ike_ray.spectral.confidence import estimate_separation, estimate_wholeness
from ike_ray.spectral.dense_crf import import_dense_crf
from ike_ray.spectral.image_graph import ImageGraph
from ike_ray.spectral.localize import keep_largest, localize_box
from ike_ray.spectral.maps import EigenMaps, solve_maps
from ike_ray.spectral.matte import Matte, estimate_matte
from ike_ray.spectral.object_side import ObjectSide, localize_by_eigenvector, localize_by_saliency, measure_strength
from ike_ray.spectral.pixel_mask import refine_mask, resize_map, shrink_image
from ike_ray.spectral.regions import cluster_regions
from ike_ray.timing import Stopwatch

THRESHOLD = 0.5  # soft masks above it are object
# A batch has at most this many pixels, unless one image has more. With what is made of it, a pixel takes about 30 bytes.
_BATCH_PX = 16_000_000
_FAINTEST = 1e-6  # with it, a soft mask is above the threshold wherever its mask is


@dataclass(frozen=True, kw_only=True)
class SegmentedImage:
    """What was found in one image."""

    mask: Bool[np.ndarray, "H W"]  # the object; for task regions, all but the background
    soft_mask: Float32[np.ndarray, "H W"]  # in [0, 1], above `THRESHOLD` where the mask is
    regions: UInt8[np.ndarray, "H W"] | None  # task regions: the number of each pixel's region, 0 for background
    box: tuple[int, int, int, int] | None  # task localize: the box of the object, half-open, in pixels
    matte: Matte | None  # task matte
    confidence: float  # in [0, 1], a guess of how good the mask is
    maps: Float32[np.ndarray, "k h w"]  # what the object was found in: eigenvectors, or the saliency
    is_converged: bool  # whether the eigenvectors, if any, are known as well as was asked


class ImageSegmenter:
    """Deep Spectral Methods with their model loaded: call it with images of one size."""

    def __init__(self, config: SpectralRunConfig, device: torch.device) -> None:
        """Load the model and the CRF, if they are asked for. Raise `ConfigError` if one of them cannot be used."""
        if config.task in ("segment", "matte") and config.mask.sharpen == "crf":
            import_dense_crf()
        self._config, self._device = config, device
        method = choose_matting(config.method) if config.task == "matte" else config.method
        self._build_graph = None if has_saliency(config) else build_graph_builder(method, device)

    def __call__(self, images: UInt8[np.ndarray, "b H W 3"], *, stopwatch: Stopwatch) -> list[SegmentedImage]:
        """Return what the task asks for from each image.

        The stages are features (with the affinity, or the saliency), eigenvectors and refine. Source: Melas-Kyriazi et al.,
        CVPR 2022.
        """
        if self._build_graph is None:
            return [self._segment_salient(image, stopwatch) for image in images]
        build = self._build_graph

        def build_graph(batch: UInt8[np.ndarray, "c H W 3"]) -> ImageGraph:
            with stopwatch.measure("features"):
                return build(batch)

        with stopwatch.measure("eigenvectors"):
            eigens = solve_maps(images, build_graph, self._config.eigenvectors, self._device, seed=self._config.seed)
        with stopwatch.measure("refine"):
            return [self._segment_eigen(image, eigen) for image, eigen in zip(images, eigens, strict=True)]

    def _segment_salient(self, image: UInt8[np.ndarray, "H W 3"], stopwatch: Stopwatch) -> SegmentedImage:
        with stopwatch.measure("features"):
            sides, saliency = localize_by_saliency(shrink_image(image, self._config.mask.area_px))
        with stopwatch.measure("refine"):
            large = resize_map(saliency, *image.shape[:2])
            side, mask = self._choose_side(image, sides, large)
            found = self._finish(image, side, mask, None)
        return replace(found, confidence=_estimate_confidence(found.mask, large), maps=saliency[None])

    def _choose_side(
        self, image: UInt8[np.ndarray, "H W 3"], sides: list[ObjectSide], saliency: Float32[np.ndarray, "H W"]
    ) -> tuple[ObjectSide | None, Bool[np.ndarray, "H W"] | None]:
        """Return the side whose mask deserves more confidence, with that mask. A box has no mask and is of the first side.

        benchmarks/experiments/2026-11-29-images-without-weights.md has what the choice is worth.
        """
        if self._config.task == "localize" or not sides:
            side = sides[0] if sides else None
            return side, self._refine(image, side)
        pairs = [(side, refine_mask(image, side, self._config.mask)) for side in sides]
        return max(pairs, key=lambda pair: _estimate_confidence(pair[1], saliency))

    def _refine(self, image: UInt8[np.ndarray, "H W 3"], side: ObjectSide | None) -> Bool[np.ndarray, "H W"] | None:
        """Return the mask of a side, or None if the task needs none."""
        return refine_mask(image, side, self._config.mask) if self._config.task in ("segment", "matte") else None

    def _segment_eigen(self, image: UInt8[np.ndarray, "H W 3"], eigen: EigenMaps) -> SegmentedImage:
        side = localize_by_eigenvector(eigen)
        found = self._finish(image, side, self._refine(image, side), eigen)
        whole = found.mask if self._config.task in ("segment", "matte") else _build_rough(side, *image.shape[:2])
        return replace(found, confidence=estimate_wholeness(whole), maps=eigen.maps, is_converged=eigen.is_converged)

    def _finish(
        self,
        image: UInt8[np.ndarray, "H W 3"],
        side: ObjectSide | None,
        refined: Bool[np.ndarray, "H W"] | None,
        eigen: EigenMaps | None,
    ) -> SegmentedImage:
        """Return what the task asks for, from the side, from its mask (segment, matte) or from eigenvectors (regions)."""
        config, (height, width) = self._config, image.shape[:2]
        regions, box, matte = None, None, None
        match config.task:
            case "localize":
                mask, box = _localize(side, height, width)
                soft_mask = build_soft_mask(side, mask)
            case "segment":
                assert refined is not None
                mask = refined
                soft_mask = build_soft_mask(side, mask)
            case "regions":
                assert eigen is not None
                regions = cluster_regions(eigen, config.regions, height, width, seed=config.seed)
                mask = regions > 0
                soft_mask = mask.astype(np.float32)
            case "matte":
                assert refined is not None
                matte = estimate_matte(image, refined, config.matte)
                mask = matte.alpha > THRESHOLD
                soft_mask = matte.alpha
        return SegmentedImage(
            mask=mask,
            soft_mask=soft_mask,
            regions=regions,
            box=box,
            matte=matte,
            confidence=0.0,
            maps=np.zeros((0, 1, 1), np.float32),
            is_converged=True,
        )


def _estimate_confidence(mask: Bool[np.ndarray, "H W"], saliency: Float32[np.ndarray, "H W"]) -> float:
    return estimate_separation(mask, saliency) * estimate_wholeness(mask)


def has_saliency(config: SpectralRunConfig) -> bool:
    """Return whether saliency tells the object, and no eigenvector is needed."""
    if config.task == "regions":
        return False
    match config.mask.object:
        case "auto":
            return config.features.source == "colour"
        case chosen:
            return chosen == "saliency"


def choose_batch_size(size: tuple[int, ...], batch_size: int) -> int:
    """Return how many images of a height and width to take at once: `batch_size`, or fewer if memory would not hold them."""
    return max(1, min(batch_size, _BATCH_PX // (size[0] * size[1])))


def build_soft_mask(side: ObjectSide | None, mask: Bool[np.ndarray, "H W"]) -> Float32[np.ndarray, "H W"]:
    """Return the mean of `mask` and of the side that it was made from, which counts 0.5 where it is 0.

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

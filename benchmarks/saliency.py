"""How good are masks of images without weights? `python -m benchmarks.saliency IMAGES MASKS`

IMAGES is a folder of photographs, MASKS a folder of true masks under the same names. For each step of `ike-ray spectral` it
prints the maximum F-measure (of the mean of the images' curves, and of the curve of mean precision and recall), the mean IoU
above Otsu's threshold of each image with its 95 % interval, the mean IoU after one cut by colours with its interval and for
both halves of the images (every second one), and the pixel accuracy after the cut. The steps are

background     robust background detection at all numbers of superpixels (Zhu et al., CVPR 2014)
ranking        manifold ranking at the same (Yang et al., CVPR 2013)
both           the mean of the two
learned        that mean, after the picture taught itself: the saliency
run            soft mask and mask as `ike-ray spectral --config spectral` writes them
v_1            the published eigenvector of the graph of colours, with --eigenvectors

and three that know the truth and say where quality is lost: `best cut`, the saliency at its best threshold; with
--eigenvectors also `best side` of all eigenvectors, and `best mix`, their linear mix that fits the truth best. Then it prints
the seconds of a core for an image, and Spearman's rank correlation of IoU with the confidence and with other guesses that
need no truth, also with the guess that is best on one half and scored on the other. --picture writes a row for each image,
the worst first: image with the true outline, both, learned, mask.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from scipy.stats import spearmanr

from benchmarks.origin import read_origin
from ike_ray.config import MaskConfig, SpectralRunConfig
from ike_ray.metrics.bootstrap import Sample, estimate_interval
from ike_ray.metrics.f_beta import evaluate_f_beta
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.metrics.levels import count_thresholds
from ike_ray.refine.threshold import find_otsu_thresholds
from ike_ray.saliency import saliency_map
from ike_ray.saliency.background_detection import estimate_by_background
from ike_ray.saliency.manifold_ranking import estimate_by_ranking
from ike_ray.saliency.superpixels import Superpixels, build_superpixels, stretch
from ike_ray.settings import read_settings_of
from ike_ray.spectral.build import build_graph_builder
from ike_ray.spectral.confidence import estimate_separation, estimate_wholeness
from ike_ray.spectral.image_segmenter import ImageSegmenter
from ike_ray.spectral.maps import EigenMaps, solve_maps
from ike_ray.spectral.object_side import ObjectSide, localize_by_eigenvector
from ike_ray.spectral.pixel_mask import refine_mask, resize_map
from ike_ray.timing import Stopwatch

_CPU = torch.device("cpu")
_CELL = (160, 120)  # of the picture, width and height
_THRESHOLDS = np.linspace(0.05, 0.95, 19)


@dataclass(kw_only=True)
class Step:
    """What was measured of one step, image by image."""

    curves: list[np.ndarray] = field(default_factory=list)  # F at each threshold
    precisions: list[np.ndarray] = field(default_factory=list)
    recalls: list[np.ndarray] = field(default_factory=list)
    ious: list[float] = field(default_factory=list)  # above Otsu's threshold
    cut_ious: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("masks", type=Path)
    parser.add_argument("--num", type=int, help="take every n-th image, so that about this many are left; default: all")
    parser.add_argument(
        "--eigenvectors", action="store_true", help="score the eigenvectors of colours too, which takes longer"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the run")
    parser.add_argument("--picture", type=Path, help="where to write the picture, a JPEG or PNG")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    config = read_settings_of(SpectralRunConfig, "", ["task=segment", *arguments.set])
    segment = ImageSegmenter(config, _CPU)
    build_graph = build_graph_builder(config.method, _CPU) if arguments.eigenvectors else None
    steps: dict[str, Step] = {}
    guesses: dict[str, list[float]] = {
        "confidence": [],
        "separation": [],
        "wholeness": [],
        "IoU before and after the cut": [],
    }
    run_s, rows = 0.0, []
    pairs = _list_pairs(arguments.images, arguments.masks, arguments.num)
    for image, truth in pairs:
        maps = _list_maps(image)
        begin = time.process_time()
        (found,) = segment(image[None], stopwatch=Stopwatch())
        run_s += time.process_time() - begin
        for name, soft in maps.items():
            _score(steps.setdefault(name, Step()), soft, _cut(image, soft, config.mask), truth)
        _score(steps.setdefault("run", Step()), found.soft_mask, found.mask, truth)
        steps.setdefault("best cut", Step()).ious.append(max(_score_iou(maps["learned"] > t, truth) for t in _THRESHOLDS))
        if build_graph is not None:
            eigen = solve_maps(image[None], build_graph, config.eigenvectors, _CPU, seed=0)[0]
            _score_eigenvectors(steps, image, eigen, config.mask, truth)
        guesses["confidence"].append(found.confidence)
        guesses["separation"].append(estimate_separation(found.mask, maps["learned"]))
        guesses["wholeness"].append(estimate_wholeness(found.mask))
        guesses["IoU before and after the cut"].append(_score_iou(_threshold(maps["learned"]), found.mask))
        rows.append((steps["run"].cut_ious[-1], _build_row(image, truth, maps, found.mask)))
    _print_steps(steps, len(rows))
    print(f"{run_s / len(rows):.2f} seconds of a core for an image, from pixels to the mask")
    _print_ranks(guesses, np.array(steps["run"].cut_ious))
    if arguments.picture:
        picture = np.vstack([row for _, row in sorted(rows, key=lambda pair: pair[0])])
        cv2.imwrite(str(arguments.picture), picture[..., ::-1])


def _list_pairs(images: Path, masks: Path, num: int | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    truths = {path.stem: path for path in masks.iterdir()}
    paths = sorted(path for path in images.iterdir() if path.stem in truths)
    for path in paths[:: max(1, len(paths) // num)] if num else paths:
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        yield image, cv2.imread(str(truths[path.stem]), cv2.IMREAD_GRAYSCALE) > 127


def _list_maps(image: UInt8[np.ndarray, "h w 3"]) -> dict[str, Float32[np.ndarray, "h w"]]:
    """Return the maps of the steps. The last one is the program's; those before it are made of the same parts."""
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    smooth = cv2.GaussianBlur(lab, (0, 0), 1)
    pieces = [build_superpixels(lab, smooth, num) for num in saliency_map.PHOTO_SUPERPIXELS]
    background = _average(pieces, [estimate_by_background(superpixels) for superpixels in pieces])
    ranking = _average(pieces, [estimate_by_ranking(superpixels) for superpixels in pieces])
    return {
        "background": stretch(background),
        "ranking": stretch(ranking),
        "both": stretch(background + ranking),
        "learned": saliency_map.learn_saliency(image),
    }


def _average(pieces: list[Superpixels], values: list[np.ndarray]) -> Float32[np.ndarray, "h w"]:
    painted = [found.astype(np.float32)[superpixels.labels] for superpixels, found in zip(pieces, values, strict=True)]
    return np.mean(painted, axis=0)


def _threshold(soft: Float32[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    thresholds = find_otsu_thresholds(soft[None])
    return np.zeros(soft.shape, bool) if thresholds is None else soft > thresholds[0]


def _cut(image: np.ndarray, soft: Float32[np.ndarray, "h w"], config: MaskConfig) -> Bool[np.ndarray, "h w"]:
    thresholds = find_otsu_thresholds(soft[None])
    side = None if thresholds is None else ObjectSide(map=soft - np.float32(thresholds[0]))
    return refine_mask(image, side, config)


def _score(step: Step, soft: Float32[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"], truth: np.ndarray) -> None:
    counts = count_thresholds(soft.astype(np.float64), truth)
    step.curves.append(evaluate_f_beta(counts))
    step.precisions.append(counts.hits / np.maximum(counts.hits + counts.false_alarms, 1))
    step.recalls.append(counts.hits / max(counts.num_true, 1))
    step.ious.append(_score_iou(_threshold(soft), truth))
    step.cut_ious.append(_score_iou(mask, truth))
    step.accuracies.append(float((mask == truth).mean()))


def _score_iou(mask: np.ndarray, truth: np.ndarray) -> float:
    return float(evaluate_jaccard(mask[None], truth[None])[0])


def _score_eigenvectors(
    steps: dict[str, Step], image: np.ndarray, eigen: EigenMaps, config: MaskConfig, truth: np.ndarray
) -> None:
    side = localize_by_eigenvector(eigen)
    vectors = [resize_map(values, *truth.shape) for values in eigen.maps]
    step = steps.setdefault("v_1", Step())
    rough = np.zeros(truth.shape, bool) if side is None else resize_map(side.map, *truth.shape) > 0
    step.ious.append(_score_iou(rough, truth))
    step.cut_ious.append(_score_iou(refine_mask(image, side, config), truth))
    sides = [sign * values > 0 for values in vectors for sign in (1, -1)]
    steps.setdefault("best side", Step()).ious.append(max((_score_iou(found, truth) for found in sides), default=0.0))
    columns = np.stack([np.ones(truth.size), *(values.ravel() for values in vectors)], axis=1)
    mix = columns @ np.linalg.lstsq(columns, truth.ravel().astype(float), rcond=None)[0]
    best = max(_score_iou(mix.reshape(truth.shape) > level, truth) for level in _THRESHOLDS)
    steps.setdefault("best mix", Step()).ious.append(best)


def _print_ranks(guesses: dict[str, list[float]], ious: np.ndarray) -> None:
    """Print how well each guess orders the IoU, and how well each half is ordered by the guess that is best in the other."""

    def rank(name: str, chosen: slice) -> float:
        return float(spearmanr(guesses[name][chosen], ious[chosen]).statistic)

    for name in guesses:
        print(f"rank correlation of IoU and {name}: {rank(name, slice(None)):.3f}")
    for half in (0, 1):
        best = max(guesses, key=lambda name: rank(name, slice(1 - half, None, 2)))
        print(f"half {half + 1}, by what is best in the other half, {best}: {rank(best, slice(half, None, 2)):.3f}")


def _print_steps(steps: dict[str, Step], num: int) -> None:
    print(f"{num} images")
    print(f"{'step':>10}  max F     IoU, Otsu               IoU, cut (halves)                   accuracy")
    for name, step in steps.items():
        cells = [f"{name:>10}"]
        cells.append(_format_f(step) if step.curves else " " * 13)
        cells.append(_format_mean(step.ious))
        if step.cut_ious:
            halves = " ".join(f"{np.mean(step.cut_ious[start::2]):.3f}" for start in (0, 1) if step.cut_ious[start::2])
            cells.append(f"{_format_mean(step.cut_ious)} ({halves})")
        if step.accuracies:
            cells.append(f"{np.mean(step.accuracies):.3f}")
        print("  ".join(cells), flush=True)


def _format_f(step: Step) -> str:
    precision, recall = np.mean(step.precisions, axis=0), np.mean(step.recalls, axis=0)
    joint = 1.3 * precision * recall / np.maximum(0.3 * precision + recall, 1e-9)  # of the mean curves
    return f"{np.mean(step.curves, axis=0).max():.3f} / {joint.max():.3f}"


def _format_mean(values: list[float]) -> str:
    rows = np.array(values)[:, None]
    interval = estimate_interval(Sample(rows=rows, groups=np.zeros(len(rows), np.int64), finish=lambda means: means[:, 0]))
    return f"{np.mean(values):.3f}" + (f" [{interval.low:.3f} {interval.high:.3f}]" if interval else "")


def _build_row(image: np.ndarray, truth: np.ndarray, maps: dict[str, np.ndarray], mask: np.ndarray) -> np.ndarray:
    outlined = image.copy()
    outlined[cv2.morphologyEx(truth.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0] = (255, 0, 0)
    greys = [np.rint(values * 255).astype(np.uint8) for values in (maps["both"], maps["learned"], mask)]
    cells = [outlined, *(np.repeat(grey[..., None], 3, axis=2) for grey in greys)]
    return np.hstack([cv2.resize(cell, _CELL, interpolation=cv2.INTER_AREA) for cell in cells])


if __name__ == "__main__":
    main()

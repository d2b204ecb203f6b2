"""Does a spectral run know which of its masks are wrong? `python -m benchmarks.spectral_confidence RUN MASKS`

RUN was made by `ike-ray spectral IMAGES --out RUN --task segment --set output.soft_png=true`. MASKS is a folder of true masks
under the images' names, or of folders under the videos' names with masks 00000.png and so on. For each way to guess, without
the truth, how good a mask is, it prints Spearman's rank correlation with the IoU. For the confidence it also prints the mean
IoU of the most and of the least confident fifth.

confidence   one part times off border, which is what runs have
strength     how strong the eigenvector is inside the mask, as a share of its 99 % quantile
agreement    IoU of the mask before and after it was cut by colours; both only if the run has soft masks
separation   1 - overlap of the histograms of CIELAB inside and outside, with 8 bins on each axis
off border   1 - share of the image's border that the mask covers
one part     share of the mask that its largest connected part has
contrast     mean distance in CIELAB between the two sides of the outline
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.stats import spearmanr

import ike_ray
from ike_ray.masks.rle import read_rle
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.results import Results
from ike_ray.spectral.colour import build_lab
from ike_ray.spectral.confidence import estimate_confidence
from ike_ray.spectral.localize import keep_largest
from ike_ray.spectral.object_side import list_border

_NUM_BINS = 8
_BAND_PX = 5


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("masks", type=Path)
    arguments = parser.parse_args()
    results = ike_ray.load(arguments.run)
    ious, guesses = [], []
    for video_id in results.videos:
        rows = sorted(results.run.read_frames(video_id), key=lambda row: row["frame_index"])
        for row, image in zip(rows, results.read_pictures(video_id), strict=True):
            truth = _read_truth(arguments.masks, video_id, row["frame_index"])
            mask = read_rle(row["mask"])
            ious.append(float(evaluate_jaccard(mask[None], truth[None])[0]))
            guesses.append({"confidence": estimate_confidence(mask), **_guess(results, row, mask, image)})
    print(f"{len(ious)} images, mean IoU {np.mean(ious):.3f}")
    for name in guesses[0]:
        print(f"{name:>12} {spearmanr([guess[name] for guess in guesses], ious).statistic:7.3f}")
    order, fifth = np.argsort([guess["confidence"] for guess in guesses]), max(1, len(ious) // 5)
    best, worst = np.array(ious)[order[-fifth:]].mean(), np.array(ious)[order[:fifth]].mean()
    print(f"mean IoU of the most confident fifth {best:.3f}, of the least {worst:.3f}")


def _read_truth(folder: Path, video_id: str, index: int) -> np.ndarray:
    name = f"{video_id}/{index:05d}.png" if (folder / video_id).is_dir() else f"{Path(video_id).stem}.png"
    return cv2.imread(str(folder / name), cv2.IMREAD_GRAYSCALE) > 127


def _guess(results: Results, row: dict[str, Any], mask: np.ndarray, image: np.ndarray) -> dict[str, float]:
    name = results.run.video_name(row["video_id"])
    soft_path = Path(results.run.file("soft", name, f"{row['frame_index']:05d}.png"))
    soft = cv2.imread(str(soft_path), cv2.IMREAD_UNCHANGED) / 65535 if soft_path.is_file() else None
    guesses = {} if soft is None else _guess_by_side(2 * soft - mask, mask)
    colours = build_lab(image)
    kernel = np.ones((_BAND_PX, _BAND_PX), np.uint8)
    inner = mask & ~cv2.erode(mask.astype(np.uint8), kernel).astype(bool)
    outer = ~mask & cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)
    return guesses | {
        "separation": 1 - float(np.minimum(_count(colours[mask]), _count(colours[~mask])).sum()),
        "off border": 1 - float(list_border(mask).mean()),
        "one part": float(keep_largest(mask).sum() / max(mask.sum(), 1)),
        "contrast": float(np.linalg.norm(colours[inner].mean(axis=0) - colours[outer].mean(axis=0))) if inner.any() else 0.0,
    }


def _guess_by_side(side: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Return the guesses from `side`, the eigenvector scaled so that 0 is at 0.5."""
    return {
        "strength": float((2 * side[mask] - 1).clip(0, 1).mean()) if mask.any() else 0.0,
        "agreement": float(evaluate_jaccard(mask[None], (side > 0.5)[None])[0]),
    }


def _count(colours: np.ndarray) -> np.ndarray:
    """Return a histogram whose bins sum to 1."""
    ranges = [(0, 1), (-0.5, 0.5), (-0.5, 0.5)]
    counts = np.histogramdd(colours.astype(np.float64), bins=_NUM_BINS, range=ranges)[0]
    return counts / max(counts.sum(), 1)


if __name__ == "__main__":
    main()

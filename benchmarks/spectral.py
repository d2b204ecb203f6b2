"""How fast are eigenvectors? `python -m benchmarks.spectral IMAGES`

It solves the eigenproblem of 900 patches, image by image on one thread of the CPU. Ours and
`scipy.sparse.linalg.eigsh(D - W, k=K, sigma=0, which="LM", M=D)` take turns on the same matrix in float64. Features are
those of a randomly initialised ViT-S/16 with --features vit, as `transformers` saves and loads it, or of fixed random
filters. For each K it prints medians over images of both times and of their ratio, the largest difference of the
eigenvalues, and the smallest cosine between one of our vectors and scipy's (close eigenvalues mix) and between the space of
ours and one of theirs. Then it prints where the time of an image goes: features, affinity, eigenproblem, mask. The times are
those that the processor spent on this process, so that others on the machine disturb nothing but the cache.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import scipy.sparse.linalg
import torch
from torch.nn import functional

from benchmarks.origin import read_origin
from benchmarks.vit_speed import save_vit
from ike_ray.config import EigenConfig, FeaturesConfig, MaskConfig
from ike_ray.spectral.affinity import DenseAffinity, build_feature_affinity
from ike_ray.spectral.eigenvectors import TOLERANCE, solve_eigenvectors
from ike_ray.spectral.maps import EigenMaps
from ike_ray.spectral.object_side import localize_by_eigenvector
from ike_ray.spectral.pixel_mask import refine_mask
from ike_ray.spectral.vit import Vit

_CPU = torch.device("cpu")
_SIDE_PX, _PATCH_PX, _NUM_FILTERS = 480, 16, 384


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--features", choices=["filters", "vit"], default="filters")
    parser.add_argument("--vectors", type=int, nargs="+", default=[5, 15])
    parser.add_argument("--tolerances", type=float, nargs="+", default=[TOLERANCE, 1e-4])
    parser.add_argument("--num", type=int, default=8, help="images")
    parser.add_argument("--repeats", type=int, default=3, help="of each solver on each image; the median counts")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    paths = sorted(path for path in arguments.images.iterdir() if path.is_file())[: arguments.num]
    images = [cv2.resize(_read(path), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA) for path in paths]
    predict = _build_vit() if arguments.features == "vit" else _build_filters()
    features = [_measure(lambda image=image: predict(image)) for image in images]
    weights = [_measure(lambda rows=rows: build_feature_affinity(rows)) for rows, _ in features]
    print(f"{len(images)} images, {features[0][0].shape[1]} patches, features of {arguments.features}")
    columns = ("K", "tolerance", "scipy ms", "ours ms", "ratio", "products", "values", "cosine", "space")
    print(" ".join(f"{column:>9}" for column in columns))
    for num_vectors in arguments.vectors:
        for tolerance in arguments.tolerances:
            found = np.array([_compare(matrix, num_vectors, tolerance, arguments.repeats) for matrix, _ in weights])
            scipy_s, ours_s, ratio, products = np.median(found[:, :4], axis=0)
            difference, cosine, space = found[:, 4].max(), found[:, 5].min(), found[:, 6].min()
            print(f"{num_vectors:9d} {tolerance:9.0e} {scipy_s * 1e3:9.1f} {ours_s * 1e3:9.2f} {ratio:9.1f}", end="")
            print(f" {products:9.0f} {difference:9.0e} {cosine:9.4f} {space:9.4f}", flush=True)
    _print_shares(images, [s for _, s in features], weights)


def _compare(weights: torch.Tensor, num_vectors: int, tolerance: float, repeats: int) -> tuple[float, ...]:
    """Return the seconds of scipy and of ours, their ratio, our products, and how far the answers are apart."""
    dense = weights[0].numpy().astype(np.float64)

    def solve_by_scipy() -> tuple[np.ndarray, np.ndarray]:
        degrees = np.diag(dense.sum(axis=1))
        return scipy.sparse.linalg.eigsh(degrees - dense, k=num_vectors, sigma=0, which="LM", M=degrees)

    (values, vectors), scipy_s = _measure(solve_by_scipy, repeats)
    ours, ours_s = _measure(lambda: _solve(weights, num_vectors, tolerance), repeats)
    order = np.argsort(values)
    overlaps = (vectors[:, order].T * dense.sum(axis=1)) @ ours.vectors[0].numpy().astype(np.float64).T
    cosines, spaces = np.abs(np.diag(overlaps)), np.linalg.norm(overlaps, axis=1)
    difference = np.abs(values[order] - ours.values[0].numpy()).max()
    return scipy_s, ours_s, scipy_s / ours_s, ours.num_products, difference, cosines.min(), spaces.min()


def _solve(weights: torch.Tensor, num_vectors: int, tolerance: float):  # noqa: ANN202
    generator = torch.Generator().manual_seed(0)
    return solve_eigenvectors(DenseAffinity(weights), num_vectors, generator=generator, tolerance=tolerance)


def _print_shares(images: list[np.ndarray], features_s: list[float], weights: list[tuple[torch.Tensor, float]]) -> None:
    config = EigenConfig()
    eigen_s, mask_s = [], []
    for image, (matrix, _) in zip(images, weights, strict=True):
        found, seconds = _measure(lambda matrix=matrix: _solve(matrix, config.num_vectors, TOLERANCE), 3)
        eigen_s.append(seconds)
        grid = found.vectors[0, 1:].unflatten(1, (_SIDE_PX // _PATCH_PX, -1)).numpy()
        maps = EigenMaps(maps=grid, values=found.values[0, 1:].numpy(), num_products=0, is_converged=True)
        mask_s.append(
            _measure(lambda image=image, maps=maps: refine_mask(image, localize_by_eigenvector(maps), MaskConfig()))[1]
        )
    stages = {
        "features": features_s,
        "affinity": [seconds for _, seconds in weights],
        "eigenproblem": eigen_s,
        "mask": mask_s,
    }
    total = sum(float(np.median(seconds)) for seconds in stages.values())
    for name, seconds in stages.items():
        print(f"{name:>13} {np.median(seconds) * 1e3:8.1f} ms {np.median(seconds) / total:7.1%}")


def _build_vit() -> Callable[[np.ndarray], torch.Tensor]:
    """Return a function that asks a ViT-S/16 with random weights, which was saved and loaded."""
    with tempfile.TemporaryDirectory() as folder:
        save_vit(folder)
        vit = Vit(FeaturesConfig(source="vit", model=folder, precision="float32"), _CPU)
    return lambda image: vit.predict_features(image[None])


def _build_filters() -> Callable[[np.ndarray], torch.Tensor]:
    """Return a function that gives the positive part of random filters of smoothed patches."""
    filters = torch.randn((_NUM_FILTERS, 3, _PATCH_PX, _PATCH_PX), generator=torch.Generator().manual_seed(0)) / _PATCH_PX

    def predict(image: np.ndarray) -> torch.Tensor:
        pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        smooth = functional.avg_pool2d(pixels - pixels.mean((2, 3), keepdim=True), 5, 1, 2)
        maps = functional.conv2d(smooth, filters, stride=_PATCH_PX).relu()
        return functional.normalize(maps.flatten(2).mT, dim=-1)

    return predict


def _read(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def _measure(work: Callable, repeats: int = 1) -> tuple:
    """Return what the work returns, and its seconds, which are the median of `repeats`."""
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        answer = work()
        seconds.append(time.process_time() - begin)
    return answer, float(np.median(seconds))


if __name__ == "__main__":
    main()

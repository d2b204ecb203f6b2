"""Deep Spectral Methods from features to a box, in float64 and with loops, literally as the text says, for toy sizes."""

import numpy as np
import scipy.linalg


def build_affinity(features: np.ndarray, image: np.ndarray, colour: str, mu: float) -> np.ndarray:
    """Return W = W_f + mu W_c of features (n, d), of unit length, and the image of patches (h, w, 3) in [0, 255]."""
    similarities = np.maximum(features.astype(np.float64) @ features.astype(np.float64).T, 0)
    return similarities / similarities.max() + mu * {"neighbours": _find_neighbours, "walk": _find_walk}[colour](image)


def _find_neighbours(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    weights = np.zeros((height * width,) * 2)
    for count, weight in ((20, 2.0), (10, 0.1)):
        points = [
            (*(image[y, x] / 255), weight * (x + 0.5) / width, weight * (y + 0.5) / height)
            for y in range(height)
            for x in range(width)
        ]
        for here, point in enumerate(points):
            distances = [np.linalg.norm(np.subtract(point, other)) for other in points]
            distances[here] = np.inf
            for there in np.argsort(distances)[:count]:
                weights[here, there] += 1
    return (weights + weights.T) / 2


def _find_walk(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    weights = np.zeros((height * width,) * 2)
    for here in range(height * width):
        for there in range(height * width):
            (y0, x0), (y1, x1) = divmod(here, width), divmod(there, width)
            if here != there and max(abs(y0 - y1), abs(x0 - x1)) <= 1:
                squares = np.square((image[y0, x0].astype(float) - image[y1, x1]) / 255)
                weights[here, there] = np.exp(-squares.sum() / 0.033**2)
    return weights


def find_vectors(weights: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `count` smallest l of (D - W) v = l D v, and their v as rows. Row sums below 1e-12 count as 1."""
    sums = weights.sum(axis=1)
    degrees = np.diag(np.where(sums < 1e-12, 1.0, sums))
    values, vectors = scipy.linalg.eigh(degrees - weights, degrees)
    return values[:count], vectors[:, :count].T


def choose_side(vector: np.ndarray) -> np.ndarray:
    """Return where v_1 is positive, or where it is negative if more than half is positive."""
    return vector < 0 if (vector > 0).mean() > 0.5 else vector > 0


def find_largest(side: np.ndarray) -> np.ndarray:
    """Return the largest part of a side (h, w) whose cells touch, also at corners."""
    parts: list[set[tuple[int, int]]] = []
    left = {(int(y), int(x)) for y, x in np.argwhere(side)}
    while left:
        part, pending = set(), [min(left)]
        while pending:
            y, x = pending.pop()
            if (y, x) in left:
                left.remove((y, x))
                part.add((y, x))
                pending += [(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        parts.append(part)
    found = np.zeros_like(side)
    for y, x in max(parts, key=len):
        found[y, x] = True
    return found

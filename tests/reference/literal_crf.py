"""The mean field of a dense CRF with two labels, in float64 and over all pairs of pixels, for toy sizes."""

import numpy as np


def solve_mean_field(image: np.ndarray, mask: np.ndarray, confidence: float, rounds: int) -> np.ndarray:
    """Return Q(x_i = object) of each pixel (h, w).

    Kraehenbuehl, Koltun, NIPS 2011, algorithm 1, with the weights and widths of Deep Spectral Methods. As in their code, a
    pixel counts among its own neighbours, and a kernel is divided by the roots of its sums.
    """
    positions = np.argwhere(np.ones_like(mask)).astype(np.float64)
    colours = image.reshape(-1, 3).astype(np.float64)
    near = np.square(positions[:, None] - positions).sum(axis=2)
    alike = np.square(colours[:, None] - colours).sum(axis=2)
    bilateral, gaussian = np.exp(-near / (2 * 80**2) - alike / (2 * 13**2)), np.exp(-near / (2 * 3**2))
    kernel = 10 * _normalise(bilateral) + 3 * _normalise(gaussian)
    labels = np.stack([~mask.ravel(), mask.ravel()], axis=1)
    unaries = -np.log(np.where(labels, confidence, 1 - confidence))
    beliefs = _soften(-unaries)
    for _ in range(rounds):
        votes_against = kernel @ beliefs[:, ::-1]  # Potts: each label is charged for the belief in the other one
        beliefs = _soften(-unaries - votes_against)
    return beliefs[:, 1].reshape(mask.shape)


def _normalise(kernel: np.ndarray) -> np.ndarray:
    roots = np.sqrt(kernel.sum(axis=1))
    return kernel / roots[:, None] / roots


def _soften(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

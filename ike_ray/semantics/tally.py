"""What is counted of the clusters of several seeds in one pass over a corpus: sizes, distances, and how far seeds agree."""

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, Int64

from ike_ray.metrics.clusters import evaluate_rand_index


class Tally:
    """Counts that grow batch by batch; clusters are numbered from 0 here, as centres are."""

    def __init__(self, num_seeds: int, num_clusters: int) -> None:
        self.sizes: Int64[np.ndarray, "s k"] = np.zeros((num_seeds, num_clusters), np.int64)
        self.distances: Float64[np.ndarray, "s k"] = np.zeros((num_seeds, num_clusters))  # sums of squares, by cluster
        self._shared = {pair: np.zeros((num_clusters, num_clusters), np.int64) for pair in combinations(range(num_seeds), 2)}

    def add(self, clusters: Int64[np.ndarray, "s b"], squares: Float32[np.ndarray, "s b"]) -> None:
        """Takes the cluster of each region of a batch by each seed, and the square of its distance to the centre."""
        num_clusters = self.sizes.shape[1]
        for position, (own, own_squares) in enumerate(zip(clusters, squares, strict=True)):
            self.sizes[position] += np.bincount(own, minlength=num_clusters)
            self.distances[position] += np.bincount(own, weights=own_squares, minlength=num_clusters)
        for (first, second), shared in self._shared.items():
            np.add.at(shared, (clusters[first], clusters[second]), 1)

    def list_labels(self) -> list[Int64[np.ndarray, " k"]]:
        """The label of each cluster of each seed: 1 for the largest and so on, the first of equals first, 0 for one without
        regions, which is none."""
        return [build_labels(sizes) for sizes in self.sizes]

    def evaluate_agreement(self) -> Float64[np.ndarray, "s s"]:
        """The adjusted Rand index of each two seeds; 1 on the diagonal."""
        agreement = np.eye(len(self.sizes))
        for (first, second), shared in self._shared.items():
            agreement[first, second] = agreement[second, first] = evaluate_rand_index(shared)
        return agreement

    def choose_seed(self, choice: Literal["inertia", "agreement"]) -> int:
        """The position of the seed that gives the labels; the first of equals."""
        match choice:
            case "inertia":
                return int(self.distances.sum(axis=1).argmin())
            case "agreement":
                return int(self.evaluate_agreement().sum(axis=1).argmax())


def build_labels(sizes: Sequence[int] | Int64[np.ndarray, " k"]) -> Int64[np.ndarray, " k"]:
    """1 for the largest cluster, and so on; 0 for one that is empty."""
    order = np.argsort(-np.asarray(sizes), kind="stable")
    labels = np.zeros(len(order), np.int64)
    labels[order] = np.arange(1, len(order) + 1)
    return np.where(np.asarray(sizes) > 0, labels, 0)

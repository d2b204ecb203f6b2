"""Clusters of unnamed regions: which cluster is which class, how well they overlap, and how far two clusterings agree."""

import numpy as np
from jaxtyping import Float64, Int64, Integer, UInt8
from scipy.optimize import linear_sum_assignment

VOID = 255  # pixels of the truth with this value are not counted


def count_pairs(clusters: Integer[np.ndarray, "H W"], classes: UInt8[np.ndarray, "H W"]) -> Int64[np.ndarray, "n 3"]:
    """Return cluster, class and number of pixels of each pair that occurs in one image, without pixels of class 255."""
    is_counted = classes != VOID
    codes = clusters[is_counted].astype(np.int64) * VOID + classes[is_counted]
    numbers = np.bincount(codes)
    found = np.flatnonzero(numbers)
    return np.stack([found // VOID, found % VOID, numbers[found]], axis=1)


def build_confusion(pairs: Int64[np.ndarray, "n 3"], num_clusters: int, num_classes: int) -> Int64[np.ndarray, "k c"]:
    """Return the pixels of each cluster (row) and class (column): the sum of the pairs of one image or of a whole set."""
    confusion = np.zeros((num_clusters, num_classes), dtype=np.int64)
    np.add.at(confusion, (pairs[:, 0], pairs[:, 1]), pairs[:, 2])
    return confusion


def assign_clusters(confusion: Int64[np.ndarray, "k c"]) -> Int64[np.ndarray, " k"]:
    """Return the class of each cluster.

    If there are as many clusters as classes, they are assigned one to one, so that most pixels are called what they are
    (Hungarian method). Otherwise each cluster gets the class that has most of its pixels, or class 0 if it has no pixels.

    Source: Ji, Henriques, Vedaldi, ICCV 2019, section 4 (one to one); Van Gansbeke et al., ICCV 2021 (majority).
    """
    if confusion.shape[0] != confusion.shape[1]:
        return confusion.argmax(axis=1)
    _, columns = linear_sum_assignment(confusion, maximize=True)
    return columns.astype(np.int64)


def merge_clusters(confusion: Int64[np.ndarray, "k c"]) -> Int64[np.ndarray, "c c"]:
    """Return the pixels that are called a class (row) and are a class (column), once each cluster has its class."""
    merged = np.zeros((confusion.shape[1], confusion.shape[1]), dtype=np.int64)
    np.add.at(merged, assign_clusters(confusion), confusion)
    return merged


def evaluate_class_iou(merged: Int64[np.ndarray, "c c"]) -> Float64[np.ndarray, " c"]:
    """Return the IoU of each class over the whole set, in [0, 1]. It is NaN for a class that neither occurs nor is found."""
    shared = np.diag(merged)
    unions = merged.sum(axis=0) + merged.sum(axis=1) - shared
    return np.where(unions > 0, shared / np.maximum(unions, 1), np.nan)


def evaluate_merged_accuracy(merged: Int64[np.ndarray, "c c"]) -> float:
    """Return the share of all pixels that are called the class that they are, in [0, 1]. It is 0 if there is no pixel."""
    return float(np.trace(merged) / max(merged.sum(), 1))


def evaluate_rand_index(shared: Int64[np.ndarray, "k l"]) -> float:
    """Return how far two clusterings of the same things agree: 1 if they are the same, about 0 by chance, below 0 for less.

    `shared` counts the things in each cluster of one (row) and of the other (column). Two clusterings are the same if both
    put all things in one cluster, or each thing in its own. The counts are float64, because pairs of many million things are
    more than integers of 64 bits hold.

    Source: Hubert and Arabie, Journal of Classification 1985, equation 5.
    """
    counts = shared.astype(np.float64)
    pairs, rows, columns = (_count_choices(part) for part in (counts, counts.sum(axis=1), counts.sum(axis=0)))
    total = _count_choices(counts.sum(keepdims=True))
    expected = rows * columns / total if total else 0.0
    highest = (rows + columns) / 2
    return 1.0 if highest == expected else float((pairs - expected) / (highest - expected))


def _count_choices(counts: Float64[np.ndarray, "..."]) -> float:
    """Return the number of pairs of things that are in the same place."""
    return float((counts * (counts - 1) / 2).sum())

"""The clusters of a corpus from several seeds. Its descriptors are read batch by batch and never fit into memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, Int64
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances_argmin_min

from ike_ray.config import ClustersConfig
from ike_ray.errors import ConfigError
from ike_ray.metrics.clusters import evaluate_rand_index

# This many descriptors move the centres at once. With scikit-learn's default of 1,024, the centres of many clusters jump.
_BATCH_SIZE = 4096
# The best of this many starts counts. With few regions a bad start is not rare.
_NUM_STARTS = 10
# The passes over a corpus with more regions than are held in memory. The first centres come from an even sample of it.
_NUM_PASSES = 3

Batch = Float32[np.ndarray, "b d"]
Batches = Callable[[], Iterator[Batch]]  # each call goes through the descriptors of the whole corpus, from the first


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Descriptors drawn evenly from the corpus."""

    rows: Float32[np.ndarray, "n d"]
    num_regions: int  # the number of regions in the corpus that they were drawn from


@dataclass(frozen=True, kw_only=True)
class Projection:
    """The principal components of descriptors."""

    mean: Float32[np.ndarray, " d"]
    components: Float32[np.ndarray, "c d"]

    def project(self, descriptors: Batch) -> Float32[np.ndarray, "b c"]:
        """Return the descriptors as their components."""
        return (descriptors - self.mean) @ self.components.T


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """What each seed found. A label numbers a cluster from 1, the largest first, and empty clusters have none."""

    seeds: tuple[int, ...]
    chosen: int  # the position of the seed that gives the labels
    projection: Projection | None
    centres: Float32[np.ndarray, "s k c"]  # the centres of each seed, by k-means's own numbers
    labels: tuple[Int64[np.ndarray, " k"], ...]  # for each seed the label of each of those numbers; 0 for an empty cluster
    sizes: Int64[np.ndarray, "s k"]  # the number of regions in each
    distances: Float64[np.ndarray, "s k"]  # the sum of the squared distances of the regions of each to its centre
    agreement: Float64[np.ndarray, "s s"]  # the adjusted Rand index of each two seeds

    def find_clusters(self, descriptors: Batch) -> tuple[Int64[np.ndarray, "s b"], Float32[np.ndarray, "s b"]]:
        """Return, for each seed, k-means's own number of the cluster nearest to each region, and the squared distance."""
        return find_all(descriptors, self.projection, self.centres)

    def list_sorted(self) -> list[int]:
        """Return the numbers of the chosen seed's clusters, that of label 1 first."""
        labels = self.labels[self.chosen]
        return [int(number) for number in np.argsort(labels) if labels[number] > 0]

    def describe_agreement(self) -> tuple[float, float] | None:
        """Return mean and standard deviation of the agreement over all pairs of seeds, or None for one seed.

        The deviation of a single pair is 0.
        """
        pairs = self.agreement[np.triu_indices(len(self.seeds), 1)]
        if pairs.size == 0:
            return None
        return float(pairs.mean()), float(pairs.std(ddof=1)) if pairs.size > 1 else 0.0


def cluster_batches(
    batches: Batches, config: ClustersConfig, *, report: Callable[[str], None] = lambda what: None
) -> Clusters:
    """Cluster the descriptors that each call of `batches` goes through, and hold `config.sample_size` of them in memory.

    Raises `ConfigError` if there are too few.
    """
    sample = draw_sample(batches(), config.sample_size, np.random.default_rng(config.seed))
    if sample.num_regions == 0:
        raise ConfigError("there is no region to cluster: expected descriptors, found none. `ike-ray status` shows the masks")
    projection = fit_projection(sample, config.num_components) if config.num_components else None
    project = projection.project if projection else lambda descriptors: descriptors
    reduced = type(sample)(rows=project(sample.rows), num_regions=sample.num_regions)
    seeds = tuple(range(config.seed, config.seed + config.num_seeds))
    centres = []
    for seed in seeds:
        report(f"clustering {sample.num_regions} regions, seed {seed}")
        centres.append(fit_centres(reduced, lambda: map(project, batches()), config, seed=seed))
    stacked = np.stack(centres)
    tally = Tally(len(seeds), config.num_clusters)
    for batch in batches():
        tally.add(*find_all(batch, projection, stacked))
    return Clusters(
        seeds=seeds,
        chosen=tally.choose_seed(config.choice),
        projection=projection,
        centres=stacked,
        labels=tuple(tally.list_labels()),
        sizes=tally.sizes,
        distances=tally.distances,
        agreement=tally.evaluate_agreement(),
    )


def find_all(
    descriptors: Batch, projection: Projection | None, centres: Float32[np.ndarray, "s k c"]
) -> tuple[Int64[np.ndarray, "s b"], Float32[np.ndarray, "s b"]]:
    """Return `find_nearest` for the centres of each seed."""
    reduced = projection.project(descriptors) if projection else descriptors
    found = [find_nearest(reduced, own) for own in centres]
    return np.stack([clusters for clusters, _ in found]), np.stack([squares for _, squares in found])


def carry_names(names: dict[int, str], before: Float32[np.ndarray, "o e"], now: Float32[np.ndarray, "n d"]) -> dict[int, str]:
    """Return the names of earlier clusters, by label, for new clusters. Two clusters match if each is the other's nearest.

    `before` and `now` have the centre of label 1 first. Nothing can be carried over between different descriptors.
    """
    if len(before) == 0 or before.shape[1] != now.shape[1]:
        return {}
    forward, backward = find_nearest(before, now)[0], find_nearest(now, before)[0]
    return {
        int(forward[label - 1]) + 1: name
        for label, name in names.items()
        if label <= len(before) and backward[forward[label - 1]] == label - 1
    }


def draw_sample(batches: Iterable[Batch], size: int, generator: np.random.Generator) -> Sample:
    """Return at most `size` descriptors, each with the same chance, and in their order if all are drawn.

    No more than `size` of them are held in memory.

    Source: Vitter, ACM TOMS 1985, algorithm R.
    """
    kept: list[Batch] = []
    rows = np.zeros((0, 0), np.float32)
    num_seen = 0
    for batch in batches:
        room = max(0, size - num_seen)
        if room:
            kept.append(batch[:room])
            if num_seen + len(batch) >= size:
                rows, kept = np.concatenate(kept), []
        late = batch[room:]
        places = generator.integers(0, num_seen + room + 1 + np.arange(len(late))) if len(late) else np.zeros(0, np.int64)
        for place, row in zip(places, late, strict=True):
            if place < size:
                rows[place] = row
        num_seen += len(batch)
    return Sample(rows=np.concatenate(kept) if kept else rows, num_regions=num_seen)


def fit_projection(sample: Sample, num_components: int) -> Projection:
    """Return the first principal components of the sample. Raises `ConfigError` if it has fewer."""
    most = min(sample.rows.shape)
    if num_components > most:
        raise ConfigError(
            f"clusters.num_components is {num_components}: expected at most {most}, since there are {sample.rows.shape[0]} "
            f"descriptors of {sample.rows.shape[1]} values. Lower it, or set it to null"
        )
    fitted = PCA(num_components, svd_solver="covariance_eigh").fit(sample.rows)
    return Projection(mean=fitted.mean_.astype(np.float32), components=fitted.components_.astype(np.float32))


def fit_centres(sample: Sample, batches: Batches, config: ClustersConfig, *, seed: int) -> Float32[np.ndarray, "k d"]:
    """Return the centres of `config.num_clusters` clusters from one seed, in no particular order.

    Mini-batch k-means runs on the sample until it stands still, from the best of ten starts. If the corpus has more regions,
    it goes on over all of them, three times. Raises `ConfigError` if there are fewer different descriptors than
    clusters.

    Source: Sculley, WWW 2010.
    """
    num_different = len(np.unique(sample.rows, axis=0)) if len(sample.rows) <= _BATCH_SIZE else len(sample.rows)
    if num_different < config.num_clusters:
        raise ConfigError(
            f"clusters.num_clusters is {config.num_clusters}: expected no more than there are different regions, found "
            f"{num_different} among {sample.num_regions}. Lower it"
        )
    fitted = MiniBatchKMeans(config.num_clusters, batch_size=_BATCH_SIZE, n_init=_NUM_STARTS, random_state=seed)
    centres = fitted.fit(sample.rows).cluster_centers_
    if sample.num_regions > len(sample.rows):
        streamed = MiniBatchKMeans(config.num_clusters, init=centres, n_init=1, random_state=seed)
        for _ in range(_NUM_PASSES):
            for batch in build_batches(batches(), _BATCH_SIZE):
                streamed.partial_fit(batch)
        centres = streamed.cluster_centers_
    return centres.astype(np.float32)


def build_batches(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """Return the same descriptors, `size` at a time, and at the end what is left."""
    kept: list[Batch] = []
    num_kept = 0
    for batch in batches:
        kept.append(batch)
        num_kept += len(batch)
        while num_kept >= size:
            joined = np.concatenate(kept)
            yield joined[:size]
            kept, num_kept = [joined[size:]], num_kept - size
    if num_kept:
        yield np.concatenate(kept)


def find_nearest(
    descriptors: Batch, centres: Float32[np.ndarray, "k d"]
) -> tuple[Int64[np.ndarray, " b"], Float32[np.ndarray, " b"]]:
    """Return the nearest centre of each descriptor, from 0, and the square of the distance to it."""
    nearest, distances = pairwise_distances_argmin_min(descriptors, centres, metric="sqeuclidean")
    return nearest.astype(np.int64), np.maximum(distances, 0).astype(np.float32)


class Tally:
    """Sizes, distances and agreement of the clusters of several seeds, counted in one pass over a corpus.

    Clusters are numbered from 0 here, as centres are.
    """

    def __init__(self, num_seeds: int, num_clusters: int) -> None:
        self.sizes: Int64[np.ndarray, "s k"] = np.zeros((num_seeds, num_clusters), np.int64)
        self.distances: Float64[np.ndarray, "s k"] = np.zeros((num_seeds, num_clusters))  # sums of squares, by cluster
        self._shared = {pair: np.zeros((num_clusters, num_clusters), np.int64) for pair in combinations(range(num_seeds), 2)}

    def add(self, clusters: Int64[np.ndarray, "s b"], squares: Float32[np.ndarray, "s b"]) -> None:
        """Count the cluster of each region of a batch by each seed, and the square of its distance to the centre."""
        num_clusters = self.sizes.shape[1]
        for position, (own, own_squares) in enumerate(zip(clusters, squares, strict=True)):
            self.sizes[position] += np.bincount(own, minlength=num_clusters)
            self.distances[position] += np.bincount(own, weights=own_squares, minlength=num_clusters)
        for (first, second), shared in self._shared.items():
            np.add.at(shared, (clusters[first], clusters[second]), 1)

    def list_labels(self) -> list[Int64[np.ndarray, " k"]]:
        """Return the label of each cluster of each seed: 1 for the largest and so on, and 0 for one without regions.

        The first of two equal clusters comes first.
        """
        return [build_labels(sizes) for sizes in self.sizes]

    def evaluate_agreement(self) -> Float64[np.ndarray, "s s"]:
        """Return the adjusted Rand index of each two seeds, with 1 on the diagonal."""
        agreement = np.eye(len(self.sizes))
        for (first, second), shared in self._shared.items():
            agreement[first, second] = agreement[second, first] = evaluate_rand_index(shared)
        return agreement

    def choose_seed(self, choice: Literal["inertia", "agreement"]) -> int:
        """Return the position of the seed that gives the labels, the first of equals."""
        match choice:
            case "inertia":
                return int(self.distances.sum(axis=1).argmin())
            case "agreement":
                return int(self.evaluate_agreement().sum(axis=1).argmax())


def build_labels(sizes: Sequence[int] | Int64[np.ndarray, " k"]) -> Int64[np.ndarray, " k"]:
    """Return 1 for the largest cluster, and so on, and 0 for one that is empty."""
    order = np.argsort(-np.asarray(sizes), kind="stable")
    labels = np.zeros(len(order), np.int64)
    labels[order] = np.arange(1, len(order) + 1)
    return np.where(np.asarray(sizes) > 0, labels, 0)

"""The clusters of a corpus from several seeds, over descriptors that are read batch by batch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from ike_ray.config import ClustersConfig
from ike_ray.errors import ConfigError
from ike_ray.semantics.cluster import Batch, Batches, Projection, draw_sample, find_nearest, fit_centres, fit_projection
from ike_ray.semantics.tally import Tally


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """What each seed found. A label is a cluster's number from 1, the largest first; empty clusters have none."""

    seeds: tuple[int, ...]
    chosen: int  # position of the seed that gives the labels
    projection: Projection | None
    centres: Float32[np.ndarray, "s k c"]  # of each seed, by k-means's own numbers
    labels: tuple[Int64[np.ndarray, " k"], ...]  # of each seed the label of each of those numbers; 0 for an empty cluster
    sizes: Int64[np.ndarray, "s k"]  # regions of each
    distances: Float64[np.ndarray, "s k"]  # of each, the sum of the squares of its regions' distances to the centre
    agreement: Float64[np.ndarray, "s s"]  # adjusted Rand index of each two seeds

    def find_clusters(self, descriptors: Batch) -> tuple[Int64[np.ndarray, "s b"], Float32[np.ndarray, "s b"]]:
        """Of each seed k-means's own number of the nearest cluster of each region, and the square of the distance to it."""
        return find_all(descriptors, self.projection, self.centres)

    def list_sorted(self) -> list[int]:
        """The numbers of the chosen seed's clusters, that of label 1 first."""
        labels = self.labels[self.chosen]
        return [int(number) for number in np.argsort(labels) if labels[number] > 0]

    def describe_agreement(self) -> tuple[float, float] | None:
        """Mean and standard deviation of the agreement over all pairs of seeds; None for one seed. Of one pair the deviation
        is 0."""
        pairs = self.agreement[np.triu_indices(len(self.seeds), 1)]
        if pairs.size == 0:
            return None
        return float(pairs.mean()), float(pairs.std(ddof=1)) if pairs.size > 1 else 0.0


def cluster_batches(
    batches: Batches, config: ClustersConfig, *, report: Callable[[str], None] = lambda what: None
) -> Clusters:
    """Clusters the descriptors that each call of `batches` goes through, in memory for `config.sample_size` of them.

    Raises `ConfigError` where there are too few.
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
    """`find_nearest` of each seed's centres."""
    reduced = projection.project(descriptors) if projection else descriptors
    found = [find_nearest(reduced, own) for own in centres]
    return np.stack([clusters for clusters, _ in found]), np.stack([squares for _, squares in found])


def carry_names(names: dict[int, str], before: Float32[np.ndarray, "o e"], now: Float32[np.ndarray, "n d"]) -> dict[int, str]:
    """The names of clusters from before, by label, for those of now: where two are each other's nearest centre.

    `before` and `now` have the centre of label 1 first. Of other descriptors nothing can be carried.
    """
    if len(before) == 0 or before.shape[1] != now.shape[1]:
        return {}
    forward, backward = find_nearest(before, now)[0], find_nearest(now, before)[0]
    return {
        int(forward[label - 1]) + 1: name
        for label, name in names.items()
        if label <= len(before) and backward[forward[label - 1]] == label - 1
    }

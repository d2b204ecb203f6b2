"""Clusters of descriptors, of a corpus that does not fit into memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances_argmin_min

from ike_ray.config import ClustersConfig
from ike_ray.errors import ConfigError

# Descriptors that move the centres at once. scikit-learn's default of 1,024 makes centres jump where clusters are many.
_BATCH_SIZE = 4096
# Starts of which the best counts: with few regions a bad one is not seldom.
_NUM_STARTS = 10

Batch = Float32[np.ndarray, "b d"]
Batches = Callable[[], Iterator[Batch]]  # the descriptors of the whole corpus, from the first, each time it is called


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Descriptors drawn evenly from the corpus."""

    rows: Float32[np.ndarray, "n d"]
    num_regions: int  # of the corpus, that they were drawn from


@dataclass(frozen=True, kw_only=True)
class Projection:
    """The principal components of descriptors."""

    mean: Float32[np.ndarray, " d"]
    components: Float32[np.ndarray, "c d"]

    def project(self, descriptors: Batch) -> Float32[np.ndarray, "b c"]:
        """Descriptors as their components."""
        return (descriptors - self.mean) @ self.components.T


def draw_sample(batches: Iterable[Batch], size: int, generator: np.random.Generator) -> Sample:
    """At most `size` descriptors, each with the same chance, in memory for so many; in their order where all are drawn.

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
    """The first principal components of the sample. Raises `ConfigError` where it has not so many."""
    most = min(sample.rows.shape)
    if num_components > most:
        raise ConfigError(
            f"clusters.num_components is {num_components}: expected at most {most}, since there are {sample.rows.shape[0]} "
            f"descriptors of {sample.rows.shape[1]} values. Lower it, or set it to null"
        )
    fitted = PCA(num_components, svd_solver="covariance_eigh").fit(sample.rows)
    return Projection(mean=fitted.mean_.astype(np.float32), components=fitted.components_.astype(np.float32))


def fit_centres(sample: Sample, batches: Batches, config: ClustersConfig, *, seed: int) -> Float32[np.ndarray, "k d"]:
    """The centres of `config.num_clusters` clusters from one seed, in no particular order.

    Mini-batch k-means on the sample until it stands still, from the best of ten starts; where the corpus has more regions,
    it goes on over all of them, `config.num_passes` times. Raises `ConfigError` where there are fewer different descriptors
    than clusters.

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
        for _ in range(config.num_passes):
            for batch in build_batches(batches(), _BATCH_SIZE):
                streamed.partial_fit(batch)
        centres = streamed.cluster_centers_
    return centres.astype(np.float32)


def build_batches(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """The same descriptors, `size` at a time; at the end what is left."""
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
    """The nearest centre of each descriptor, from 0, and the square of the distance to it."""
    nearest, distances = pairwise_distances_argmin_min(descriptors, centres, metric="sqeuclidean")
    return nearest.astype(np.int64), np.maximum(distances, 0).astype(np.float32)

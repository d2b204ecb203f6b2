from collections.abc import Iterator

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from ike_ray.config import ClustersConfig
from ike_ray.errors import ConfigError
from ike_ray.semantics.clusters import (
    Sample,
    build_batches,
    carry_names,
    cluster_batches,
    draw_sample,
    find_nearest,
    fit_projection,
)


def draw_blobs(sizes: tuple[int, ...], *, spread: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Points around as many corners as sizes, in a random order, and which corner each is of."""
    rng = np.random.default_rng(0)
    corners = np.repeat(np.arange(len(sizes)), sizes)
    rng.shuffle(corners)
    points = np.eye(8, dtype=np.float32)[corners] + spread * rng.standard_normal((len(corners), 8)).astype(np.float32)
    return points.astype(np.float32), corners


def split(points: np.ndarray, size: int = 70) -> list[np.ndarray]:
    return [points[start : start + size] for start in range(0, len(points), size)]


@pytest.mark.parametrize("num_components", [None, 3])
def test_labels_go_by_size_and_every_seed_finds_the_blobs(num_components: int | None) -> None:
    points, corners = draw_blobs((20, 90, 50))
    config = ClustersConfig(num_clusters=3, num_components=num_components, num_seeds=4)
    clusters = cluster_batches(lambda: iter(split(points)), config)
    found, squares = clusters.find_clusters(points)
    for own, numbers in zip(clusters.labels, found, strict=True):
        np.testing.assert_array_equal(own[numbers], np.array([3, 1, 2])[corners])
    assert clusters.describe_agreement() == (1, 0)
    assert sorted(clusters.sizes[clusters.chosen].tolist()) == [20, 50, 90]
    assert clusters.distances.sum(axis=1) == pytest.approx(squares.sum(axis=1), rel=1e-4)
    assert [clusters.sizes[clusters.chosen][number] for number in clusters.list_sorted()] == [90, 50, 20]


def test_the_same_seed_finds_the_same(rng: np.random.Generator) -> None:
    points = rng.random((300, 8), np.float32)
    config = ClustersConfig(num_clusters=7, num_seeds=2)
    first, second = (cluster_batches(lambda: iter(split(points)), config) for _ in range(2))
    np.testing.assert_array_equal(first.centres, second.centres)
    assert first.chosen == second.chosen
    mean, deviation = first.describe_agreement()
    assert mean < 1
    assert deviation == 0  # of a single pair
    labels = [own[numbers] for own, numbers in zip(first.labels, first.find_clusters(points)[0], strict=True)]
    assert mean == pytest.approx(adjusted_rand_score(*labels))


def test_a_corpus_larger_than_the_sample_is_passed_over_in_batches() -> None:
    points, corners = draw_blobs((700, 900, 1100))
    reads = []

    def read() -> Iterator[np.ndarray]:
        for batch in split(points, 500):
            reads.append(len(batch))
            yield batch

    config = ClustersConfig(num_clusters=3, sample_size=1000, num_seeds=2)
    clusters = cluster_batches(read, config)
    found, _ = clusters.find_clusters(points)
    np.testing.assert_array_equal(clusters.labels[0][found[0]], np.array([3, 2, 1])[corners])
    # The sample, three passes of each seed, and the tally.
    assert sum(reads) == len(points) * (1 + 2 * 3 + 1)
    for label, number in enumerate(clusters.list_sorted(), start=1):
        own = points[corners == 3 - label]
        assert np.linalg.norm(clusters.centres[clusters.chosen][number] - own.mean(axis=0)) < 0.05


def test_too_few_regions_are_told() -> None:
    config = ClustersConfig(num_clusters=3)
    with pytest.raises(ConfigError, match="expected no more than there are different regions, found 2 among 4"):
        cluster_batches(lambda: iter([np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]]), config)
    with pytest.raises(ConfigError, match="no region to cluster"):
        cluster_batches(lambda: iter([]), config)
    with pytest.raises(ConfigError, match="expected at most 2"):
        fit_projection(Sample(rows=np.eye(2, dtype=np.float32), num_regions=2), 3)


def test_every_descriptor_is_drawn_as_often() -> None:
    points = np.arange(60, dtype=np.float32)[:, None]
    counts = np.zeros(60)
    for seed in range(600):
        sample = draw_sample(iter(split(points, 7)), 20, np.random.default_rng(seed))
        assert sample.num_regions == 60
        assert len(np.unique(sample.rows)) == 20
        counts[sample.rows[:, 0].astype(int)] += 1
    assert counts.min() > 140  # of 200 expected, with a deviation of 12
    assert counts.max() < 260
    whole = draw_sample(iter(split(points, 7)), 60, np.random.default_rng(0))
    np.testing.assert_array_equal(whole.rows, points)


def test_batches_have_their_size() -> None:
    points = np.arange(50, dtype=np.float32)[:, None]
    batches = list(build_batches(iter([points[:3], points[3:31], points[31:]]), 20))
    assert [len(batch) for batch in batches] == [20, 20, 10]
    np.testing.assert_array_equal(np.concatenate(batches), points)


def test_the_nearest_centre_by_hand() -> None:
    nearest, squares = find_nearest(np.array([[0, 0], [3, 4]], np.float32), np.array([[3, 3], [0, 1]], np.float32))
    assert nearest.tolist() == [1, 0]
    assert squares.tolist() == pytest.approx([1, 1])


def test_names_stay_with_their_clusters() -> None:
    before = np.array([[0, 0], [5, 0], [0, 5]], np.float32)
    now = np.array([[0, 5.1], [0.1, 0], [9, 9], [0.2, 0]], np.float32)
    assert carry_names({1: "dog", 3: "sky"}, before, now) == {2: "dog", 1: "sky"}
    assert carry_names({1: "dog"}, before, np.zeros((3, 5), np.float32)) == {}
    assert carry_names({9: "cat"}, before, now) == {}

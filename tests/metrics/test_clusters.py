import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from ike_ray.metrics.clusters import (
    assign_clusters,
    build_confusion,
    count_pairs,
    evaluate_class_iou,
    evaluate_merged_accuracy,
    evaluate_rand_index,
    merge_clusters,
)


def test_pairs_of_an_image_without_void() -> None:
    clusters = np.array([[0, 0, 7], [3, 3, 3]], np.uint8)
    classes = np.array([[1, 0, 255], [2, 2, 1]], np.uint8)
    pairs = count_pairs(clusters, classes)
    assert pairs.tolist() == [[0, 0, 1], [0, 1, 1], [3, 1, 1], [3, 2, 2]]
    assert count_pairs(clusters, np.full((2, 3), 255, np.uint8)).shape == (0, 3)


def test_a_set_is_the_sum_of_its_images() -> None:
    confusion = build_confusion(np.array([[0, 1, 4], [1, 0, 2], [0, 1, 3]]), 2, 2)
    np.testing.assert_array_equal(confusion, [[0, 7], [2, 0]])


def test_one_to_one_gives_up_the_best_pair_for_the_best_whole() -> None:
    """Cluster 0 fits class 0 best, but cluster 1 has nothing else: 5 + 6 > 7 + 0."""
    confusion = np.array([[7, 5], [6, 0]])
    np.testing.assert_array_equal(assign_clusters(confusion), [1, 0])
    merged = merge_clusters(confusion)
    np.testing.assert_array_equal(merged, [[6, 0], [7, 5]])
    np.testing.assert_allclose(evaluate_class_iou(merged), [6 / 13, 5 / 12])
    assert evaluate_merged_accuracy(merged) == pytest.approx(11 / 18)


def test_more_clusters_than_classes_go_by_majority() -> None:
    confusion = np.array([[7, 5], [6, 0], [1, 4], [0, 0]])
    np.testing.assert_array_equal(assign_clusters(confusion), [0, 0, 1, 0])
    merged = merge_clusters(confusion)
    np.testing.assert_array_equal(merged, [[13, 5], [1, 4]])
    np.testing.assert_allclose(evaluate_class_iou(merged), [13 / 19, 4 / 10])


def test_fewer_clusters_than_classes_leave_classes_without_any() -> None:
    merged = merge_clusters(np.array([[3, 9, 0]]))
    np.testing.assert_allclose(evaluate_class_iou(merged), [0, 9 / 12, np.nan])


def test_names_of_clusters_do_not_matter(rng: np.random.Generator) -> None:
    confusion = rng.integers(0, 50, (6, 6)) + 200 * np.eye(6, dtype=np.int64)
    order = rng.permutation(6)
    np.testing.assert_array_equal(merge_clusters(confusion[order]), merge_clusters(confusion))
    np.testing.assert_array_equal(assign_clusters(confusion[order]), order)


def test_no_pixel_at_all_is_no_score() -> None:
    nothing = np.zeros((2, 2), np.int64)
    assert evaluate_merged_accuracy(nothing) == 0
    assert np.isnan(evaluate_class_iou(nothing)).all()


def test_two_clusterings_agree_as_scikit_learn_says(rng: np.random.Generator) -> None:
    for size in (4, 50, 3000):
        first, second = rng.integers(0, 5, size), rng.integers(0, 3, size)
        second = np.where(rng.random(size) < 0.5, first % 3, second)
        shared = np.zeros((5, 3), np.int64)
        np.add.at(shared, (first, second), 1)
        assert evaluate_rand_index(shared) == pytest.approx(adjusted_rand_score(first, second), abs=1e-12)


def test_the_same_clusters_agree_whatever_their_numbers() -> None:
    assert evaluate_rand_index(np.array([[0, 7], [9, 0]])) == 1
    assert evaluate_rand_index(np.array([[12]])) == 1
    assert evaluate_rand_index(np.eye(4, dtype=np.int64)) == 1
    assert evaluate_rand_index(np.zeros((2, 2), np.int64)) == 1  # of nothing
    assert evaluate_rand_index(np.array([[1, 1], [1, 1]])) < 0

import numpy as np

from ike_ray.metrics.jaccard import evaluate_jaccard, evaluate_mean_jaccard


def test_by_hand() -> None:
    masks, truths = np.zeros((4, 2, 2), bool), np.zeros((4, 2, 2), bool)
    masks[0, 0] = truths[0, :, 0] = True  # one shared of three
    masks[1, 0, 0] = True  # nothing to find
    truths[2, 0, 0] = True  # nothing found
    np.testing.assert_allclose(evaluate_jaccard(masks, truths), [1 / 3, 0, 0, 1])
    assert evaluate_mean_jaccard(masks, truths) == (1 / 3 + 1) / 4

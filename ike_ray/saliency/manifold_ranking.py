"""Manifold ranking: superpixels are ranked by how alike they are to a border, then by how alike they are to what is left."""

import numpy as np
from jaxtyping import Bool, Float64
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.spatial.distance import cdist

from ike_ray.saliency.superpixels import Superpixels, stretch

_SPREAD = 0.99  # the paper's alpha: how far a query's rank spreads along the graph
_COLOUR_SIGMA_SQUARED = 0.1  # the paper's sigma^2, for colours in [0, 1]


def estimate_by_ranking(superpixels: Superpixels) -> Float64[np.ndarray, " k"]:
    """Return the saliency of each superpixel, stretched to [0, 1]. A single superpixel has 0.

    All superpixels are ranked by each of the four borders. The product of (1 - rank), with ranks stretched to [0, 1], is
    stretched in its turn, and the superpixels above its mean are the queries of the last ranking, which is the answer.

    Source: Yang, Zhang, Lu, Ruan, Yang, CVPR 2013, section 4.
    """
    if len(superpixels.colours) == 1:
        return np.zeros(1)
    weights = build_weights(superpixels)
    unlike_border = np.ones(len(weights))
    for ranks in solve_ranking(weights, superpixels.sides):
        unlike_border *= 1 - stretch(ranks)
    is_foreground = unlike_border > unlike_border.mean()
    return stretch(solve_ranking(weights, is_foreground[None])[0])


def build_weights(superpixels: Superpixels) -> Float64[np.ndarray, "k k"]:
    """Return how alike linked superpixels are: exp(-|c_p - c_q| / 0.1), and 0 for those that are not linked.

    The colours c are Lab, each channel stretched to [0, 1] over the picture. Linked are superpixels that touch, those that
    touch the same third one, and any two on the border. The diagonal is 0.

    Source: Yang et al., section 3.
    """
    is_adjacent = superpixels.is_adjacent.astype(np.float32)  # the products of booleans and of whole numbers are slow
    is_linked = superpixels.is_adjacent | (is_adjacent @ is_adjacent > 0)
    is_linked |= superpixels.is_border[:, None] & superpixels.is_border
    np.fill_diagonal(is_linked, False)
    colours = np.stack([stretch(channel) for channel in superpixels.colours.T], axis=-1)
    return np.where(is_linked, np.exp(-cdist(colours, colours) / _COLOUR_SIGMA_SQUARED), 0)


def solve_ranking(weights: Float64[np.ndarray, "k k"], queries: Bool[np.ndarray, "q k"]) -> Float64[np.ndarray, "q k"]:
    """Return the rank of each superpixel for each set of queries: (D - 0.99 W)^-1 y, but without a query's own share.

    W are the weights, D is diagonal with the sums of their rows, and y is 1 for queries and 0 elsewhere. A query's own share
    is the diagonal of the inverse. It says how isolated the query is and nothing about the others, so the paper sets it to
    0. With the Cholesky factor L of the system, it is the sum of squares of a column of L^-1. The weights are symmetric, and
    each superpixel is linked to another.

    Source: Yang et al., section 2.
    """
    system = np.diag(weights.sum(axis=1)) - _SPREAD * weights
    factor = cholesky(system, lower=True)
    own_shares = np.square(solve_triangular(factor, np.eye(len(system)), lower=True)).sum(axis=0)
    return cho_solve((factor, True), queries.T.astype(float)).T - own_shares * queries

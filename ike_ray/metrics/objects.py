"""J and F of several objects: proposals matched to the true objects, as in the unsupervised task of DAVIS-2017."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt8
from scipy.optimize import linear_sum_assignment

from ike_ray.metrics.boundary import evaluate_boundary
from ike_ray.metrics.jaccard import evaluate_jaccard

VOID = 255  # pixels of the truth that count for nobody
MAX_PROPOSALS = 20


@dataclass(frozen=True, kw_only=True)
class ObjectScores:
    """One true object: the proposal that was matched to it, and its scores, means over all frames."""

    number: int
    proposal: int | None  # None: fewer proposals than objects, scored as an empty mask
    j: float
    f: float


def evaluate_objects(proposals: UInt8[np.ndarray, "m H W"], truths: UInt8[np.ndarray, "m H W"]) -> tuple[ObjectScores, ...]:
    """The scores of each object in the first frame of `truths`, under the assignment with the largest sum of (J + F) / 2.

    Pixels hold the number of their object, 0 for none; those where the truth is 255 count as background in both. All frames
    count. Proposals beyond the 20 lowest numbers are left out.

    Source: Caelles et al., "The 2019 DAVIS Challenge on VOS: Unsupervised Multi-Object Segmentation", arXiv 1905.00737.
    """
    is_void = truths == VOID
    numbers = [int(number) for number in np.unique(truths[0]) if number not in (0, VOID)]
    if not numbers:
        return ()
    found = [int(number) for number in np.unique(proposals) if number][:MAX_PROPOSALS]
    empty = np.zeros(truths.shape, bool)
    masks = [(proposals == number) & ~is_void for number in found] + [empty] * max(0, len(numbers) - len(found))
    scores = np.array([[_evaluate_pair(mask, truths == number) for mask in masks] for number in numbers])
    rows, columns = linear_sum_assignment(scores.mean(axis=2), maximize=True)
    return tuple(
        ObjectScores(
            number=numbers[row],
            proposal=found[column] if column < len(found) else None,
            j=float(scores[row, column, 0]),
            f=float(scores[row, column, 1]),
        )
        for row, column in zip(rows, columns, strict=True)
    )


def _evaluate_pair(masks: Bool[np.ndarray, "m H W"], truths: Bool[np.ndarray, "m H W"]) -> Float64[np.ndarray, " 2"]:
    boundaries = [evaluate_boundary(mask, truth) for mask, truth in zip(masks, truths, strict=True)]
    return np.array([evaluate_jaccard(masks, truths).mean(), np.mean(boundaries)])

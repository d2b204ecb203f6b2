"""J and F of several objects: proposals are matched to the true objects, as in the unsupervised task of DAVIS-2017."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt8
from scipy.optimize import linear_sum_assignment

from ike_ray.metrics.boundary import build_boundary, compare_boundaries
from ike_ray.metrics.jaccard import evaluate_jaccard

VOID = 255  # pixels of the truth with this value are not counted
MAX_PROPOSALS = 20


@dataclass(frozen=True, kw_only=True)
class ObjectScores:
    """The scores of one true object, and the proposal that was matched to it."""

    number: int
    proposal: int | None  # None if there are fewer proposals than objects; the object is then scored against an empty mask
    frame_j: Float64[np.ndarray, " m"]
    frame_f: Float64[np.ndarray, " m"]

    @property
    def j(self) -> float:
        """Return the mean J over all frames."""
        return float(self.frame_j.mean())

    @property
    def f(self) -> float:
        """Return the mean F over all frames."""
        return float(self.frame_f.mean())


def evaluate_objects(proposals: UInt8[np.ndarray, "m H W"], truths: UInt8[np.ndarray, "m H W"]) -> tuple[ObjectScores, ...]:
    """Return the scores of each object in the first frame of `truths`, matched for the largest sum of (J + F) / 2.

    Pixels hold the number of their object, or 0 for none. Pixels whose truth is 255 count as background in both. All frames
    count. Proposals beyond the 20 lowest numbers are left out.

    Source: Caelles et al., "The 2019 DAVIS Challenge on VOS: Unsupervised Multi-Object Segmentation", arXiv 1905.00737.
    """
    numbers, found = list_true_objects(truths[0]), list_proposals(np.unique(proposals))
    pairs = [evaluate_pairs(frame, truth, found, numbers) for frame, truth in zip(proposals, truths, strict=True)]
    return match_objects(np.stack(pairs), found, numbers)


def list_true_objects(truth: UInt8[np.ndarray, "H W"]) -> list[int]:
    """Return the numbers of the objects that count, which are those of the first frame."""
    return [int(number) for number in np.unique(truth) if number not in (0, VOID)]


def list_proposals(numbers: UInt8[np.ndarray, " k"]) -> list[int]:
    """Return the proposals that count, the 20 lowest of all numbers that occur in a video."""
    return sorted({int(number) for number in numbers if number})[:MAX_PROPOSALS]


def evaluate_pairs(
    proposals: UInt8[np.ndarray, "H W"], truth: UInt8[np.ndarray, "H W"], found: Sequence[int], numbers: Sequence[int]
) -> Float64[np.ndarray, "n p 2"]:
    """Return J and F of one frame: each object of `numbers` with each proposal of `found` and, last, with an empty mask."""
    is_void = truth == VOID
    masks = [(proposals == number) & ~is_void for number in found] + [np.zeros(truth.shape, bool)]
    truths = [truth == number for number in numbers]
    scores = np.zeros((len(numbers), len(masks), 2))
    boundaries, true_boundaries = ([build_boundary(mask) for mask in some] for some in (masks, truths))
    for row, true_mask in enumerate(truths):
        scores[row, :, 0] = [_evaluate_overlap(mask, true_mask) for mask in masks]
        scores[row, :, 1] = [compare_boundaries(boundary, true_boundaries[row]) for boundary in boundaries]
    return scores


def match_objects(
    pairs: Float64[np.ndarray, "m n p 2"], found: Sequence[int], numbers: Sequence[int]
) -> tuple[ObjectScores, ...]:
    """Return the scores of a video's objects, from `evaluate_pairs` of each of its frames: see `evaluate_objects`."""
    if not numbers:
        return ()
    columns = [*range(len(found)), *[len(found)] * max(0, len(numbers) - len(found))]
    rows, chosen = linear_sum_assignment(pairs.mean(axis=(0, 3))[:, columns], maximize=True)
    return tuple(
        ObjectScores(
            number=numbers[row],
            proposal=found[columns[place]] if columns[place] < len(found) else None,
            frame_j=pairs[:, row, columns[place], 0],
            frame_f=pairs[:, row, columns[place], 1],
        )
        for row, place in zip(rows, chosen, strict=True)
    )


def _evaluate_overlap(mask: Bool[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    return float(evaluate_jaccard(mask[None], truth[None])[0])

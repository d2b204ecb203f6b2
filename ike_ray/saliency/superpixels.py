"""A picture as a graph of superpixels: their colours, their places, and which of them touch each other or the border."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64
from skimage.segmentation import slic

# How much SLIC weighs a step of one superpixel's width, in units of Lab. Between 12 and 30, the mean IoU of 150 photographs
# differs by less than 0.01.
_COMPACTNESS = 20.0
# Each iteration of SLIC takes 2 ms for 46,000 pixels. With five of them instead of seven, the mean IoU of 150 photographs
# is lower by 0.009, and with ten it is not higher.
_NUM_ITERATIONS = 7


@dataclass(frozen=True, kw_only=True)
class Superpixels:
    """A picture cut into k pieces, each of similar colour."""

    labels: Int64[np.ndarray, "h w"]  # the number of the superpixel that holds the pixel
    sizes_px: Int64[np.ndarray, " k"]
    colours: Float64[np.ndarray, "k 3"]  # mean Lab
    places: Float64[np.ndarray, "k 2"]  # mean column and row, as shares of the longer side
    is_adjacent: Bool[np.ndarray, "k k"]  # the two touch; symmetric, and none touches itself
    sides: Bool[np.ndarray, "4 k"]  # touches the top, the bottom, the left or the right border

    @property
    def is_border(self) -> Bool[np.ndarray, " k"]:
        """Return whether each superpixel touches the border of the picture."""
        return np.logical_or.reduce(self.sides)


def build_superpixels(
    lab: Float32[np.ndarray, "h w 3"], smooth: Float32[np.ndarray, "h w 3"], num_superpixels: int
) -> Superpixels:
    """Return about `num_superpixels` superpixels. Their outlines follow `smooth`, and their colours are the means of `lab`.

    Source: Achanta, Shaji, Smith, Lucchi, Fua, Suesstrunk, "SLIC Superpixels Compared to State-of-the-Art Superpixel
    Methods", TPAMI 2012, algorithm 1.
    """
    contrast = float(np.ptp(smooth)) or 1.0  # scikit-image divides all colours by it, so the compactness is divided too
    labels = slic(
        smooth,
        n_segments=num_superpixels,
        compactness=_COMPACTNESS / contrast,
        max_num_iter=_NUM_ITERATIONS,
        convert2lab=False,
        start_label=0,
    )
    return describe_superpixels(lab, labels)


def describe_superpixels(lab: Float32[np.ndarray, "h w 3"], labels: Int64[np.ndarray, "h w"]) -> Superpixels:
    """Return the graph of a picture whose superpixels are known. `labels` holds each number from 0 to k - 1."""
    numbers = labels.ravel()
    sizes_px = np.bincount(numbers)

    def average(values: np.ndarray) -> Float64[np.ndarray, " k"]:
        return np.bincount(numbers, values.ravel()) / sizes_px

    rows, columns = np.indices(labels.shape) / max(labels.shape)
    sides = np.zeros((4, len(sizes_px)), bool)
    for side, touching in zip(sides, (labels[0], labels[-1], labels[:, 0], labels[:, -1]), strict=True):
        side[touching] = True
    return Superpixels(
        labels=labels,
        sizes_px=sizes_px,
        colours=np.stack([average(lab[..., channel]) for channel in range(3)], axis=-1),
        places=np.stack([average(columns), average(rows)], axis=-1),
        is_adjacent=_find_neighbours(labels, len(sizes_px)),
        sides=sides,
    )


def stretch(values: Float[np.ndarray, "*s"]) -> Float[np.ndarray, "*s"]:
    """Return the values moved and scaled to reach from 0 to 1. If all values are the same, then all become 0."""
    contrast = np.ptp(values)
    return (values - values.min()) / contrast if contrast > 0 else np.zeros_like(values)


def _find_neighbours(labels: Int64[np.ndarray, "h w"], num_superpixels: int) -> Bool[np.ndarray, "k k"]:
    is_adjacent = np.zeros((num_superpixels, num_superpixels), bool)
    is_adjacent[labels[:, :-1], labels[:, 1:]] = True
    is_adjacent[labels[:-1], labels[1:]] = True
    np.fill_diagonal(is_adjacent, False)
    return is_adjacent | is_adjacent.T

"""How alike the colours of an image are. They need no weights of a model, and they also serve beside its features."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from scipy import sparse
from scipy.spatial import cKDTree
from torch import Tensor

# Each search in (r, g, b, w x, w y) has its (k, w). The first one looks near in the image, and the second one anywhere in it.
# Source: Melas-Kyriazi et al., CVPR 2022, on matting.
_SEARCHES = ((20, 2.0), (10, 0.1))
_SIGMA_WALK = 0.033  # the width of the random-walk affinity, for colours in [0, 1], from the same source
# In the CIELAB of OpenCV, L is in [0, 100], and a and b are in [-127, 127]. Divided by these, each axis has a range of 1.
_LAB_RANGES = np.array([100, 255, 255], np.float32)
_LEAST_CONTRAST = 0.02  # an image is flat if each axis of CIELAB has a smaller range: five grey levels


def is_flat(image: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Return whether all pixels have about one colour. Then nothing can be told apart, whatever the eigenvectors say."""
    colours = build_lab(image)
    return bool((np.ptp(colours, axis=(0, 1)) < _LEAST_CONTRAST).all())


def build_lab(image: UInt8[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
    """Return the image in CIELAB, with each axis scaled to a range of 1. Lightness is in [0, 1]."""
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) / _LAB_RANGES


def build_gaussian_affinity(
    images: UInt8[np.ndarray, "b h w 3"], sigma_colour: float, sigma_position: float, device: torch.device
) -> Float32[Tensor, "b n n"]:
    """Return exp(-(|c_i - c_j|^2 / sigma_colour^2 + |x_i - x_j|^2 / sigma_position^2) / 2), in [0, 1], for all pairs.

    The colours c are those of `build_lab`, and the positions x are shares of the image's sides. An image takes 4 n^2 bytes.

    Source: Shi and Malik, PAMI 2000, equation 13, without its limit on the distance.
    """
    colours = np.stack([build_lab(image) for image in images])
    positions = np.broadcast_to(_list_positions(*images.shape[1:3]), (*images.shape[:3], 2))
    features = np.concatenate([colours / sigma_colour, positions / sigma_position], axis=3)
    on_device = torch.from_numpy(rearrange(features, "b h w d -> b (h w) d").astype(np.float32)).to(device)
    squares = torch.cdist(on_device, on_device, compute_mode="donot_use_mm_for_euclid_dist").square()
    return torch.exp(-squares / 2)


def build_neighbour_affinity(image: UInt8[np.ndarray, "h w 3"]) -> sparse.csr_array:
    """Return in how many searches one pixel is among the nearest of the other, as the mean of both ways. The diagonal is 0.

    One search finds the 20 nearest of each pixel in (r, g, b, 2 x, 2 y), and the other finds its 10 nearest in
    (r, g, b, x / 10, y / 10). Colours and positions are in [0, 1]. If an image has fewer pixels, a search finds all others.

    Source: Melas-Kyriazi et al., CVPR 2022, on matting; KNN matting, Chen et al., CVPR 2012.
    """
    num_pixels = image.shape[0] * image.shape[1]
    colours = image.reshape(num_pixels, 3) / 255
    positions = _list_positions(*image.shape[:2]).reshape(num_pixels, 2)
    total = sparse.csr_array((num_pixels, num_pixels), dtype=np.float32)
    for num_nearest, weight in _SEARCHES:
        count = min(num_nearest, num_pixels - 1)
        features = np.concatenate([colours, weight * positions], axis=1)
        _, nearest = cKDTree(features).query(features, k=np.arange(1, count + 2))  # itself, at distance 0, is one of them
        pixels = np.repeat(np.arange(num_pixels), count + 1)
        ones = np.ones(pixels.size, np.float32)
        total = total + sparse.csr_array((ones, (pixels, nearest.ravel())), total.shape)
    total.setdiag(0)
    total.eliminate_zeros()
    return ((total + total.T) / 2).astype(np.float32)


def build_walk_affinity(image: UInt8[np.ndarray, "h w 3"]) -> sparse.csr_array:
    """Return exp(-|c_i - c_j|^2 / 0.033^2) between each pixel and the eight around it. Other pairs and the diagonal have 0.

    The colours c are in [0, 1].

    Source: Melas-Kyriazi et al., CVPR 2022, on matting; Grady et al., VIIP 2005.
    """
    height, width = image.shape[:2]
    colours = image.astype(np.float32) / 255
    numbers = np.arange(height * width).reshape(height, width)
    here, there, weights = [], [], []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        first = np.s_[: height - down, max(0, -right) : width - max(0, right)]
        second = np.s_[down:, max(0, right) : width + min(0, right)]
        squares = np.square(colours[first] - colours[second]).sum(axis=2)
        here.append(numbers[first].ravel())
        there.append(numbers[second].ravel())
        weights.append(np.exp(-squares / _SIGMA_WALK**2).ravel())
    edges = (np.concatenate(here), np.concatenate(there))
    half = sparse.csr_array((np.concatenate(weights), edges), (numbers.size, numbers.size))
    return (half + half.T).astype(np.float32)


def stack_sparse(matrices: Sequence[sparse.csr_array], device: torch.device) -> Tensor:
    """Return the matrices of all images as one sparse tensor, block by block along its diagonal."""
    blocks = sparse.block_diag(matrices, format="coo")
    places = torch.from_numpy(np.stack([blocks.row, blocks.col]).astype(np.int64))
    values = torch.from_numpy(blocks.data.astype(np.float32))
    return torch.sparse_coo_tensor(places, values, blocks.shape, check_invariants=True).coalesce().to(device)


def _list_positions(height: int, width: int) -> Float32[np.ndarray, "h w 2"]:
    """Return the place of each pixel's centre, in (0, 1) each way."""
    rows, columns = np.indices((height, width), dtype=np.float32)
    return np.stack([(columns + 0.5) / width, (rows + 0.5) / height], axis=2)

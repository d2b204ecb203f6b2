"""How alike the patches of an image are: the weights of its graph, as something that vectors are multiplied by."""

from abc import ABC, abstractmethod

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor


class Affinity(ABC):
    """The symmetric matrix W of each image of a batch, n x n with weights that are not negative. Vectors are rows."""

    @abstractmethod
    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """W times each of `vectors`."""

    @abstractmethod
    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """The sum of each row of W."""


class DenseAffinity(Affinity):
    """W as it is: 4 n^2 bytes an image."""

    def __init__(self, weights: Float32[Tensor, "b n n"]) -> None:
        self._weights = weights

    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """W times each of `vectors`: from the left, which on a CPU takes half the time of a few columns on the right."""
        return vectors @ self._weights

    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """The sum of each row of W."""
        return self._weights.sum(dim=-1)


class FactoredAffinity(Affinity):
    """W = F F^T + S without ever forming it: F is features (n x d), S a sparse matrix of all images, block by block.

    Its product with a vector costs n d and the entries of S. F F^T is not cut at 0 here, which needs the matrix itself; rows
    that sum to less than nothing count as isolated.
    """

    def __init__(self, features: Float32[Tensor, "b n d"] | None, sparse: Tensor | None) -> None:
        assert features is not None or sparse is not None
        self._features, self._sparse = features, sparse

    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """W times each of `vectors`."""
        products = []
        if self._features is not None:
            products.append((vectors @ self._features) @ self._features.mT)
        if self._sparse is not None:
            products.append(_multiply_sparse(self._sparse, vectors))
        return sum(products[1:], products[0])

    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """The sum of each row of W."""
        return self.multiply(self._build_ones())[:, 0]

    def _build_ones(self) -> Float32[Tensor, "b 1 n"]:
        if self._features is not None:
            return torch.ones_like(self._features[..., 0])[:, None]
        assert self._sparse is not None
        return torch.ones((1, 1, self._sparse.shape[0]), device=self._sparse.device)


class InterpolatedAffinity(Affinity):
    """W = P W_f P^T + S of one image at the resolution of its pixels: W_f between its patches, S sparse between its pixels.

    P interpolates bilinearly from the patches to the pixels, in each direction by a matrix, and is scaled so that a pixel has
    about the degree of its patch: features and colours weigh at pixels what they weigh at patches.
    """

    def __init__(self, patches: Affinity, patch_size: tuple[int, int], sparse: Tensor, pixel_size: tuple[int, int]) -> None:
        """`patch_size` and `pixel_size` are the heights and widths of the two grids; `sparse` is over all pixels."""
        self._patches, self._sparse = patches, sparse
        self._patch_size, self._pixel_size = patch_size, pixel_size
        self._rows, self._columns = (
            build_interpolation(patch, pixel).to(sparse.device) for patch, pixel in zip(patch_size, pixel_size, strict=True)
        )

    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """W times each of `vectors`."""
        height, width = self._pixel_size
        maps = rearrange(vectors, "b k (h w) -> b k h w", h=height, w=width)
        collected = (self._rows.mT @ maps @ self._columns).flatten(2)
        spread = self._patches.multiply(collected).unflatten(2, self._patch_size)
        return (self._rows @ spread @ self._columns.mT).flatten(2) + _multiply_sparse(self._sparse, vectors)

    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """The sum of each row of W."""
        height, width = self._pixel_size
        return self.multiply(torch.ones((1, 1, height * width), device=self._sparse.device))[:, 0]


def build_feature_affinity(features: Float32[Tensor, "b n d"]) -> Float32[Tensor, "b n n"]:
    """max(0, f f^T) / its maximum, in [0, 1]. An image whose features are all zero has no weights.

    Source: Melas-Kyriazi et al., CVPR 2022, section 3.2.
    """
    weights = (features @ features.mT).clamp_min(0)
    return weights / weights.amax(dim=(1, 2), keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)


def build_interpolation(num_coarse: int, num_fine: int) -> Float32[Tensor, "fine coarse"]:
    """The matrix that takes values at `num_coarse` cells of a line to `num_fine`, linearly with half-pixel centres, over the
    root of how many of the fine are one of the coarse."""
    cells = torch.eye(num_coarse)[:, None]
    fine = torch.nn.functional.interpolate(cells, num_fine, mode="linear", align_corners=False)[:, 0].mT
    return fine * (num_coarse / num_fine) ** 0.5


def _multiply_sparse(sparse: Tensor, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
    stacked = rearrange(vectors, "b k n -> (b n) k")
    return rearrange(sparse @ stacked, "(b n) k -> b k n", b=len(vectors))

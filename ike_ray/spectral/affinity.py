"""How alike the patches of an image are: the weights of its graph, as something that vectors are multiplied by."""

from abc import ABC, abstractmethod

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional


class Affinity(ABC):
    """The symmetric matrix W of each image of a batch. It is n x n, and its weights are not negative. Vectors are rows."""

    @abstractmethod
    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """Return W times each of `vectors`."""

    @abstractmethod
    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """Return the sum of each row of W."""


class DenseAffinity(Affinity):
    """W itself as a matrix. It takes 4 n^2 bytes an image."""

    def __init__(self, weights: Float32[Tensor, "b n n"]) -> None:
        self._weights = weights

    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """Return W times each of `vectors`.

        The vectors stand on the left, which on a CPU takes half the time of a few columns on the right.
        """
        return vectors @ self._weights

    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """Return the sum of each row of W."""
        return self._weights.sum(dim=-1)


class SparseAffinity(Affinity):
    """W with few weights that are not 0. One sparse matrix holds those of all images, block by block along its diagonal."""

    def __init__(self, weights: Tensor, num_images: int) -> None:
        self._weights, self._num_images = weights, num_images

    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """Return W times each of `vectors`."""
        products = self._weights @ rearrange(vectors, "b k n -> (b n) k")
        return rearrange(products, "(b n) k -> b k n", b=self._num_images)

    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """Return the sum of each row of W."""
        ones = torch.ones((self._weights.shape[0], 1), device=self._weights.device)
        return rearrange(self._weights @ ones, "(b n) 1 -> b n", b=self._num_images)


class FactoredAffinity(Affinity):
    """W = F F^T + S, which is never formed. F are features (n x d), and S is the affinity of colours, if there is one.

    Its product with a vector costs n d and the product with S. F F^T is not clamped at 0 here, since that needs the matrix
    itself. A row with a negative sum counts as isolated.
    """

    def __init__(self, features: Float32[Tensor, "b n d"], colours: Affinity | None) -> None:
        self._features, self._colours = features, colours

    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """Return W times each of `vectors`."""
        product = (vectors @ self._features) @ self._features.mT
        return product if self._colours is None else product + self._colours.multiply(vectors)

    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """Return the sum of each row of W."""
        return self.multiply(torch.ones_like(self._features[..., 0])[:, None])[:, 0]


class InterpolatedAffinity(Affinity):
    """W = P W_f P^T + S at the resolution of pixels, where W_f is between patches and S is between pixels.

    P interpolates bilinearly from the patches to the pixels, by one matrix for each direction. It is scaled so that a pixel
    has about the degree of its patch. Features and colours then weigh at pixels what they weigh at patches.
    """

    def __init__(
        self,
        patches: Affinity,
        patch_size: tuple[int, int],
        pixels: Affinity,
        pixel_size: tuple[int, int],
        device: torch.device,
    ) -> None:
        """Join two affinities. `patch_size` and `pixel_size` are heights and widths."""
        self._patches, self._pixels = patches, pixels
        self._patch_size, self._pixel_size = patch_size, pixel_size
        self._rows, self._columns = (
            build_interpolation(patch, pixel).to(device) for patch, pixel in zip(patch_size, pixel_size, strict=True)
        )

    def multiply(self, vectors: Float32[Tensor, "b k n"]) -> Float32[Tensor, "b k n"]:
        """Return W times each of `vectors`."""
        maps = vectors.unflatten(2, self._pixel_size)
        collected = (self._rows.mT @ maps @ self._columns).flatten(2)
        spread = self._patches.multiply(collected).unflatten(2, self._patch_size)
        return (self._rows @ spread @ self._columns.mT).flatten(2) + self._pixels.multiply(vectors)

    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """Return the sum of each row of W."""
        return self.multiply(torch.ones_like(self._pixels.list_degrees())[:, None])[:, 0]


def build_feature_affinity(features: Float32[Tensor, "b n d"]) -> Float32[Tensor, "b n n"]:
    """Return max(0, f f^T), divided by its maximum, in [0, 1]. An image whose features are all zero has no weights.

    Source: Melas-Kyriazi et al., CVPR 2022, section 3.2.
    """
    weights = (features @ features.mT).clamp_min(0)
    return weights / weights.amax(dim=(1, 2), keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)


def build_interpolation(num_coarse: int, num_fine: int) -> Float32[Tensor, "fine coarse"]:
    """Return the matrix that takes values at `num_coarse` cells of a line to `num_fine` cells.

    It interpolates linearly with half-pixel centres, and is divided by the root of the number of fine cells in a coarse one.
    """
    cells = torch.eye(num_coarse)[:, None]
    fine = functional.interpolate(cells, num_fine, mode="linear", align_corners=False)[:, 0].mT
    return fine * (num_coarse / num_fine) ** 0.5

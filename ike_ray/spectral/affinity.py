"""How alike the patches of an image are: the weights of its graph, as something that vectors are multiplied by."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float32
from torch import Tensor


class Affinity(ABC):
    """The symmetric matrix W of each image of a batch, n x n with weights that are not negative."""

    @abstractmethod
    def multiply(self, vectors: Float32[Tensor, "b n k"]) -> Float32[Tensor, "b n k"]:
        """W times each column of `vectors`."""

    @abstractmethod
    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """The sum of each row of W."""


class DenseAffinity(Affinity):
    """W as it is: 4 n^2 bytes an image."""

    def __init__(self, weights: Float32[Tensor, "b n n"]) -> None:
        self._weights = weights

    def multiply(self, vectors: Float32[Tensor, "b n k"]) -> Float32[Tensor, "b n k"]:
        """W times each column of `vectors`."""
        return self._weights @ vectors

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

    def multiply(self, vectors: Float32[Tensor, "b n k"]) -> Float32[Tensor, "b n k"]:
        """W times each column of `vectors`."""
        products = []
        if self._features is not None:
            products.append(self._features @ (self._features.mT @ vectors))
        if self._sparse is not None:
            products.append((self._sparse @ vectors.flatten(0, 1)).view_as(vectors))
        return sum(products[1:], products[0])

    def list_degrees(self) -> Float32[Tensor, "b n"]:
        """The sum of each row of W."""
        return self.multiply(self._build_ones())[..., 0]

    def _build_ones(self) -> Float32[Tensor, "b n 1"]:
        if self._features is not None:
            return torch.ones_like(self._features[..., :1])
        assert self._sparse is not None
        return torch.ones((1, self._sparse.shape[0], 1), device=self._sparse.device)


def build_feature_affinity(features: Float32[Tensor, "b n d"]) -> Float32[Tensor, "b n n"]:
    """max(0, f f^T) / its maximum, in [0, 1]. An image whose features are all zero has no weights.

    Source: Melas-Kyriazi et al., CVPR 2022, section 3.2.
    """
    weights = (features @ features.mT).clamp_min(0)
    return weights / weights.amax(dim=(1, 2), keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)

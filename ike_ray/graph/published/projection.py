"""The projection of a soft mask onto the node features, frame by frame, by ridge regression."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from einops import einsum
from jaxtyping import Float32, Float64
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Projector(ABC):
    """The map s -> F (F^T F + lambda I)^-1 F^T s of each frame, where F has a last column of ones. It is factorised once."""

    factor: Float64[Tensor, "m e e"]  # e = d + 1; lower Cholesky factor, float64 since the features are nearly dependent

    @abstractmethod
    def project(self, values: Float32[Tensor, "m n"], *, out: Float32[Tensor, "m n"] | None = None) -> Float32[Tensor, "m n"]:
        """Return the part of each frame's values that its node features explain.

        If `out` is given, the result is written there; it may be `values`. Source: IKE, section on the projection.
        """


@dataclass(frozen=True, kw_only=True)
class TensorProjector(Projector):
    """The projection as tensor operations, on any device."""

    features: Float32[Tensor, "m d n"]  # without the column of ones, which needs no memory

    def project(self, values: Float32[Tensor, "m n"], *, out: Float32[Tensor, "m n"] | None = None) -> Float32[Tensor, "m n"]:
        """Return what the features explain: see `Projector`."""
        moments = torch.cat([torch.bmm(self.features, values[..., None])[..., 0], values.sum(dim=1, keepdim=True)], dim=1)
        weights = solve_moments(moments.double(), self.factor)
        explained = torch.bmm(weights[:, None, :-1], self.features)[:, 0]
        return torch.add(explained, weights[:, -1:], out=out)


def build_projector(features: Float32[Tensor, "m d n"], ridge: float) -> TensorProjector:
    """Return the projector onto `features` and a constant 1. With `ridge` > 0 it exists for any features."""
    gram = einsum(features, features, "m d n, m e n -> m d e").double()
    return TensorProjector(
        features=features, factor=factorize_gram(gram, features.sum(dim=2).double(), features.shape[2], ridge)
    )


def factorize_gram(
    gram: Float64[Tensor, "m d d"], sums: Float64[Tensor, "m d"], num_nodes: int, ridge: float
) -> Float64[Tensor, "m e e"]:
    """Return the lower Cholesky factor of F^T F + lambda I, from the products and sums of the features without the ones."""
    whole = gram.new_full((len(gram), gram.shape[1] + 1, gram.shape[1] + 1), num_nodes)
    whole[:, :-1, :-1] = gram
    whole[:, :-1, -1], whole[:, -1, :-1] = sums, sums
    return torch.linalg.cholesky(whole + ridge * torch.eye(whole.shape[1], dtype=gram.dtype, device=gram.device))


def solve_moments(moments: Float64[Tensor, "b e"], factor: Float64[Tensor, "b e e"]) -> Float32[Tensor, "b e"]:
    """Return the weights of the features, from F^T s."""
    return torch.cholesky_solve(moments[..., None], factor)[..., 0].float()

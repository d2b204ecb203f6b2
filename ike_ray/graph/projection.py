"""Projection of a soft mask onto the node features, frame by frame, by ridge regression."""

from dataclasses import dataclass

import torch
from einops import einsum, repeat
from jaxtyping import Float32, Float64
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, kw_only=True)
class Projector:
    """s -> F (F^T F + lambda I)^-1 F^T s for each frame, the matrix factorised once."""

    features: Float32[Tensor, "m n d"]
    factor: Float64[Tensor, "m d d"]  # lower Cholesky factor; float64, since the features are nearly dependent

    def project(self, values: Float32[Tensor, "m n"]) -> Float32[Tensor, "m n"]:
        """The part of each frame's values that its node features explain. Source: IKE, section on the projection."""
        moments = einsum(self.features, values, "m n d, m n -> m d").double()
        weights = torch.cholesky_solve(moments[..., None], self.factor)[..., 0].float()
        return einsum(self.features, weights, "m n d, m d -> m n")


def build_projector(features: Float32[Tensor, "m n d"], ridge: float) -> Projector:
    """The projector onto `features` and a constant 1. With `ridge` > 0 it exists for any features."""
    with_constant = functional.pad(features, (0, 1), value=1.0)
    gram = einsum(with_constant, with_constant, "m n d, m n e -> m d e").double()
    identity = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    penalty = repeat(ridge * identity, "d e -> m d e", m=len(gram))
    return Projector(features=with_constant, factor=torch.linalg.cholesky(gram + penalty))

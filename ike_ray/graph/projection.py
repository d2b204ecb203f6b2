"""Projection of a soft mask onto the node features, frame by frame, by ridge regression."""

from dataclasses import dataclass

import torch
from einops import einsum
from jaxtyping import Float32, Float64
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Projector:
    """s -> F (F^T F + lambda I)^-1 F^T s for each frame, F with a last column of ones, the matrix factorised once."""

    features: Float32[Tensor, "m d n"]  # without the ones, which need no memory
    factor: Float64[Tensor, "m e e"]  # e = d + 1; lower Cholesky factor; float64, since the features are nearly dependent

    def project(self, values: Float32[Tensor, "m n"]) -> Float32[Tensor, "m n"]:
        """The part of each frame's values that its node features explain. Source: IKE, section on the projection."""
        frames = zip(self.features, values, strict=True)  # one by one, as on a CPU a batch of them takes six times as long
        sums = torch.stack([torch.mv(features, frame) for features, frame in frames])
        moments = torch.cat([sums, values.sum(dim=1, keepdim=True)], dim=1)
        weights = torch.cholesky_solve(moments.double()[..., None], self.factor)[..., 0].float()
        explained = torch.empty_like(values)
        for row, features, frame in zip(weights, self.features, explained, strict=True):
            torch.mv(features.T, row[:-1], out=frame)
        return explained.add_(weights[:, -1:])


def build_projector(features: Float32[Tensor, "m d n"], ridge: float) -> Projector:
    """The projector onto `features` and a constant 1. With `ridge` > 0 it exists for any features."""
    num_features, num_nodes = features.shape[1:]
    gram = features.new_full((len(features), num_features + 1, num_features + 1), num_nodes, dtype=torch.float64)
    sums = features.sum(dim=2).double()
    gram[:, :-1, :-1] = einsum(features, features, "m d n, m e n -> m d e")
    gram[:, :-1, -1], gram[:, -1, :-1] = sums, sums
    identity = torch.eye(num_features + 1, dtype=gram.dtype, device=gram.device)
    return Projector(features=features, factor=torch.linalg.cholesky(gram + ridge * identity))

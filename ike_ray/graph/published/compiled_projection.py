"""The projection on a CPU. Node features take two bytes each and are read twice in each projection.

Numba compiles the loops at the first call. It knows neither the types in signatures nor their checks.
"""

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float32, UInt16
from torch import Tensor

from ike_ray.graph.published.compiled_chains import IS_KEPT, compile_loops, fill_motion, find_motion_ranges
from ike_ray.graph.published.features import build_cue_features
from ike_ray.graph.published.projection import Projector, factorize_gram
from ike_ray.graph.published.threads import list_share, run_threads

_ONE = 65535  # this number stands for 1, and half a step is 8e-6
_NODES_AT_ONCE = 2048  # one feature after the other is read for this many nodes, whose values stay in the fastest cache


@dataclass(frozen=True, kw_only=True)
class CompiledProjector(Projector):
    """The projection with 2 bytes for each feature of a node: 3.7 MB for a frame of 224 x 416 with 20 features."""

    features: UInt16[np.ndarray, "m d n"]  # 65535 stands for 1

    def project(self, values: Float32[Tensor, "m n"], *, out: Float32[Tensor, "m n"] | None = None) -> Float32[Tensor, "m n"]:
        """Return what the features explain: see `Projector`."""
        out = torch.empty_like(values) if out is None else out
        arrays = self.features, self.factor.numpy(), values.numpy(), out.numpy()
        num_parts = min(len(values), torch.get_num_threads())
        run_threads(lambda part: _project(*arrays, list_share(len(values), part, num_parts)), num_parts)
        return out


def build_compiled_projector(
    forward: Float32[Tensor, "s h w 2"],
    backward: Float32[Tensor, "s h w 2"],
    cues: Float32[Tensor, "c m h w"] | None,
    *,
    motion_reach_frames: int,
    ridge: float,
) -> CompiledProjector:
    """Return the projector onto the features of motion and cues (`ike_ray.graph.published.features`) and a constant 1."""
    num_motion, num_cues = 4 * motion_reach_frames, 0 if cues is None else len(cues)
    num_frames, num_nodes = len(forward) + 1, forward.shape[1] * forward.shape[2]
    features = np.empty((num_frames, num_motion + 3 * num_cues, num_nodes), np.uint16)
    _fill_motion(features, forward.contiguous().numpy(), backward.contiguous().numpy(), motion_reach_frames)
    if cues is not None:
        features[:, num_motion:] = (build_cue_features(forward, backward, cues) * _ONE).round_().numpy()
    gram = torch.empty((num_frames, features.shape[1], features.shape[1]), dtype=torch.float64)
    sums = torch.empty((num_frames, features.shape[1]), dtype=torch.float64)
    exact = torch.ones((features.shape[1] + 1, num_nodes))
    for frame in range(num_frames):
        np.copyto(exact[:-1].numpy(), features[frame])
        products = exact[:-1] @ exact.T
        gram[frame], sums[frame] = products[:, :-1].double() / _ONE**2, products[:, -1].double() / _ONE
    return CompiledProjector(features=features, factor=factorize_gram(gram, sums, num_nodes, ridge))


def _fill_motion(
    features: UInt16[np.ndarray, "m d n"],
    forward: Float32[np.ndarray, "s h w 2"],
    backward: Float32[np.ndarray, "s h w 2"],
    reach_frames: int,
) -> None:
    """Fill in the motion features in two passes along the chains. To keep the unscaled ones takes twice the memory."""
    num_parts = min(len(features), torch.get_num_threads())
    shares = [list_share(len(features), part, num_parts) for part in range(num_parts)]
    ranges = np.zeros((num_parts, 4, 2), np.float32)  # each block has a 0: the first frame has no past, the last no future
    run_threads(lambda part: find_motion_ranges(forward, backward, reach_frames, shares[part], ranges[part]), num_parts)
    whole = np.stack([ranges[..., 0].min(axis=0), ranges[..., 1].max(axis=0)], axis=1)
    run_threads(lambda part: fill_motion(forward, backward, reach_frames, shares[part], whole, _ONE, features), num_parts)


@compile_loops
@no_type_check
def _project(features, factors, values, out, frames):
    """Set `out` (m, n) of `frames` (first, end) to what `features` (m, d, n) explain of `values` (m, n).

    `factors`, (m, d + 1, d + 1) float64, are lower Cholesky factors. The second reading of a frame's features finds them in
    the last cache.
    """
    weights = np.empty(factors.shape[1])
    for frame in range(frames[0], frames[1]):
        _sum_products(features[frame], values[frame], weights)
        weights[:-1] /= _ONE
        _solve(factors[frame], weights)
        weights[:-1] /= _ONE
        _add_features(features[frame], weights.astype(np.float32), out[frame])


@compile_loops
@no_type_check
def _solve(factor, right):
    """Solve L L^T x = `right` in place, for L = `factor`."""
    size = len(right)
    for row in range(size):
        for column in range(row):
            right[row] -= factor[row, column] * right[column]
        right[row] /= factor[row, row]
    for row in range(size - 1, -1, -1):
        for column in range(row + 1, size):
            right[row] -= factor[column, row] * right[column]
        right[row] /= factor[row, row]


# Sums may be taken in any order here, because vector instructions could not take them otherwise.
@numba.njit(nogil=True, cache=IS_KEPT, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
@no_type_check
def _sum_products(features, values, sums):
    """Set `sums` (d + 1) to the sums of `values` (n) times each of `features` (d, n), and to the sum of `values`."""
    num_features, num_nodes = features.shape
    sums[:] = 0
    for start in range(0, num_nodes, _NODES_AT_ONCE):
        end = min(start + _NODES_AT_ONCE, num_nodes)
        own = values[start:end]
        for first in range(0, num_features - 3, 4):  # four at a time, which saves three of four readings of the values
            one, two = features[first, start:end], features[first + 1, start:end]
            three, four = features[first + 2, start:end], features[first + 3, start:end]
            totals = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for node in range(len(own)):
                value = own[node]
                totals = (
                    totals[0] + np.float32(one[node]) * value,
                    totals[1] + np.float32(two[node]) * value,
                    totals[2] + np.float32(three[node]) * value,
                    totals[3] + np.float32(four[node]) * value,
                )
            for place in range(4):
                sums[first + place] += totals[place]
        for feature in range(num_features // 4 * 4, num_features):
            factors, total = features[feature, start:end], np.float32(0)
            for node in range(len(own)):
                total += np.float32(factors[node]) * own[node]
            sums[feature] += total
        total = np.float32(0)
        for node in range(len(own)):
            total += own[node]
        sums[num_features] += total


@compile_loops
@no_type_check
def _add_features(features, weights, out):
    """Set `out` (n) to the sum of `features` (d, n) times `weights` (d + 1), float32, plus the last weight."""
    num_features, num_nodes = features.shape
    for start in range(0, num_nodes, _NODES_AT_ONCE):
        end = min(start + _NODES_AT_ONCE, num_nodes)
        own = out[start:end]
        own[:] = weights[num_features]
        for first in range(0, num_features - 3, 4):
            one, two = features[first, start:end], features[first + 1, start:end]
            three, four = features[first + 2, start:end], features[first + 3, start:end]
            weight = weights[first : first + 4]
            for node in range(len(own)):
                own[node] += (
                    weight[0] * np.float32(one[node])
                    + weight[1] * np.float32(two[node])
                    + weight[2] * np.float32(three[node])
                    + weight[3] * np.float32(four[node])
                )
        for feature in range(num_features // 4 * 4, num_features):
            factors, weight = features[feature, start:end], weights[feature]
            for node in range(len(own)):
                own[node] += weight * np.float32(factors[node])

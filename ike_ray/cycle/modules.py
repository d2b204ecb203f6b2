"""The two modules of one window, which the cycles let teach each other: the graph's and the network's."""

from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from torch import Tensor, nn

from ike_ray.config import GraphConfig, NetworkConfig
from ike_ray.graph.features import build_features
from ike_ray.graph.operator import build_graph
from ike_ray.graph.seed_map import build_seed_map
from ike_ray.graph.solve import GraphSolution, solve_graph
from ike_ray.network.fit import fit_network, predict_soft_masks
from ike_ray.records import Flow


class GraphModule:
    """The graph of one window: links are built once, each cycle solves with its own cue."""

    def __init__(self, flow: Flow, config: GraphConfig, generator: torch.Generator, device: torch.device) -> None:
        self._forward, self._backward = (torch.from_numpy(field).to(device) for field in (flow.forward, flow.backward))
        self._config = config
        self._graph = build_graph(self._forward, self._backward, config)
        shape = (len(self._forward) + 1, self._graph.height, self._graph.width)
        self._seed = build_seed_map(shape, config, generator, device)

    def solve(self, cue: Float32[np.ndarray, "m h w"] | None) -> GraphSolution:
        """The graph's soft masks, with the features of `cue` where there is one."""
        return solve_graph(self._graph, self._build_features(cue), self._seed, self._config)

    def _build_features(self, cue: Float32[np.ndarray, "m h w"] | None) -> Float32[Tensor, "m n d"]:
        """Anew in each cycle: keeping them while the network learns costs 80 bytes a node, building them little."""
        cues = None if cue is None else rearrange(torch.from_numpy(cue).to(self._seed.device), "m h w -> 1 m h w")
        return build_features(self._forward, self._backward, cues, self._config.motion_reach_frames)


@dataclass(frozen=True, kw_only=True)
class NetworkModule:
    """The frames of one window and how a network learns them: from fresh weights, or from those of `start`."""

    images: UInt8[Tensor, "m h w 3"]
    config: NetworkConfig
    generator: torch.Generator
    start: nn.Module | None

    def learn(self, soft_masks: Float32[Tensor, "m h w"]) -> tuple[nn.Module | None, Float32[Tensor, "m h w"]]:
        """A network that learned the graph's soft masks, with its own; empty ones teach nothing and are returned."""
        if not soft_masks.any():
            return self.start, soft_masks
        network = fit_network(self.images, soft_masks, self.config, self.generator, start=self.start)
        return network, predict_soft_masks(network, self.images, self.config)

    def predict_start(self) -> Float32[Tensor, "m h w"] | None:
        """What the network that was carried over says about these frames; None where none was."""
        return None if self.start is None else predict_soft_masks(self.start, self.images, self.config)

"""The two modules of one window, which the cycles let teach each other: the graph's and the network's."""

from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor, nn
from torch.nn import functional

from ike_ray.config import GraphConfig, NetworkConfig
from ike_ray.cycle.known import NOTHING_KNOWN, Known
from ike_ray.cycle.witnesses import Witnesses, ask_witnesses
from ike_ray.graph.motion_cue import weigh_motion_cue
from ike_ray.graph.published.power_iteration import PublishedGraph
from ike_ray.graph.solve import GraphSolution, mix_cue, walk_graph
from ike_ray.graph.walk import ChainWalk, build_chain_walk
from ike_ray.network.fit import fit_network, predict_soft_masks
from ike_ray.records import Flow
from ike_ray.refine.threshold import match_area
from ike_ray.video.clip import choose_size, resize_frame

_THRESHOLD = 0.5  # above it a label is object
# A link over k frames weighs exp(-k / 7), so a soft mask is the mean of some fourteen frames. With half or twice this number,
# J of 44 clips differs by 0.004 at most (benchmarks/experiments/2026-11-29-sensitivity.md).
_DECAY_FRAMES = 7.0


class GraphModule:
    """The graph of one window. What does not depend on the cue is built once, and each cycle solves with its own cue."""

    def __init__(
        self,
        frames: UInt8[np.ndarray, "m h w 3"],
        flow: Flow,
        config: GraphConfig,
        generator: torch.Generator,
        device: torch.device,
        known: Known = NOTHING_KNOWN,
    ) -> None:
        self._frames = frames
        self._forward, self._backward = (torch.from_numpy(field).to(device) for field in (flow.forward, flow.backward))
        self._config = config
        self._generator = generator
        self._known = known

    def solve(self, cue: Float32[np.ndarray, "m h w"] | None) -> GraphSolution:
        """Return the graph's soft masks, from motion and, if there is one, from `cue`."""
        on_device = None if cue is None else torch.from_numpy(cue).to(self._forward.device)
        match self._config.method:
            case "walk":
                return self._motion if on_device is None else mix_cue(self._motion, self._walk, on_device)
            case "power":
                return self._published.solve(on_device)

    def average(self, values: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m h w"]:
        """Return the mean of the values of each node and its chain."""
        return self._walk.average(values[None])[0]

    @cached_property
    def witnesses(self) -> Witnesses:
        """Return what tells which nodes are the object, before anything is learned."""
        return ask_witnesses(self._walk, self._frames, self._config, self._known)

    @cached_property
    def first_cue(self) -> Float32[Tensor, "m h w"]:
        """Return what the graph starts from: the witnesses' mean, and the second cue, if there is one."""
        cue = self.witnesses.mix()
        second_cue = self._known.second_cue
        if second_cue is None:
            return cue
        soft_masks = torch.from_numpy(second_cue.soft_masks).to(cue.device)
        return weigh_motion_cue(cue, soft_masks, self._walk, second_cue.weight)

    @cached_property
    def _walk(self) -> ChainWalk:
        return build_chain_walk(self._forward, self._backward, _DECAY_FRAMES)

    @cached_property
    def _motion(self) -> GraphSolution:
        return walk_graph(self._walk, self.first_cue)

    @cached_property
    def _published(self) -> PublishedGraph:
        return PublishedGraph(self._forward, self._backward, self._config.published, self._generator)


class NetworkModule:
    """The frames of one window, and a network that learns them from fresh weights or from those of `start`."""

    def __init__(
        self,
        frames: UInt8[np.ndarray, "m h w 3"],
        config: NetworkConfig,
        generator: torch.Generator,
        device: torch.device,
        start: nn.Module | None,
    ) -> None:
        images = _shrink_frames(frames, config)
        self._size, self._network_size = frames.shape[1:3], images.shape[1:3]
        self._images = torch.from_numpy(images).to(device)
        self._config, self._generator, self._start = config, generator, start

    def learn(self, soft_masks: Float32[np.ndarray, "m h w"]) -> tuple[nn.Module | None, Float32[np.ndarray, "m h w"]]:
        """Return a network that learned these soft masks, with its map. Empty ones teach nothing and are returned."""
        if not soft_masks.any():
            return self._start, soft_masks
        labels = self._resize(torch.from_numpy(soft_masks).to(self._images.device), self._network_size)
        network = fit_network(self._images, labels, self._config, self._generator, start=self._start)
        network_map = self._predict(network)
        if self._config.calibration == "area":
            network_map = match_area(network_map, float((soft_masks > _THRESHOLD).mean()), _THRESHOLD)
        return network, network_map

    def predict_start(self) -> Float32[np.ndarray, "m h w"] | None:
        """Return what the network that was carried over says about these frames, or None if none was."""
        return None if self._start is None else self._predict(self._start)

    def _predict(self, network: nn.Module) -> Float32[np.ndarray, "m h w"]:
        return self._resize(predict_soft_masks(network, self._images, self._config), self._size).cpu().numpy()

    @staticmethod
    def _resize(soft_masks: Float32[Tensor, "m _ _"], size: tuple[int, int]) -> Float32[Tensor, "m _ _"]:
        """Resize bilinearly with half-pixel centres. Shrinking averages."""
        if tuple(soft_masks.shape[1:]) == tuple(size):
            return soft_masks
        resized = functional.interpolate(
            soft_masks[:, None], tuple(size), mode="bilinear", align_corners=False, antialias=True
        )
        return resized[:, 0]


def _shrink_frames(frames: UInt8[np.ndarray, "m h w 3"], config: NetworkConfig) -> UInt8[np.ndarray, "m nh nw 3"]:
    height, width = frames.shape[1:3]
    if config.area_px is None or height * width <= config.area_px:
        return frames
    return np.stack([resize_frame(frame, *choose_size(height, width, config.area_px)) for frame in frames])

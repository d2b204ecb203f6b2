"""The cycle loop of one clip."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from torch import Tensor

from ike_ray.config import Config, CycleConfig, NetworkConfig
from ike_ray.cycle.agreement import evaluate_agreement
from ike_ray.graph.features import build_cue_features, build_motion_features
from ike_ray.graph.operator import build_graph
from ike_ray.graph.seed_map import build_seed_map
from ike_ray.graph.solve import GraphSolution, solve_graph
from ike_ray.network.fit import fit_network, predict_soft_masks
from ike_ray.records import CycleRecord, Flow
from ike_ray.refine.cut import estimate_cut
from ike_ray.timing import Stopwatch


@dataclass(frozen=True, kw_only=True)
class CycleMaps:
    """The soft masks of one cycle, and what is known about it."""

    graph: Float32[np.ndarray, "m h w"]
    network: Float32[np.ndarray, "m h w"]
    answer: Float32[np.ndarray, "m h w"]
    cut: float
    record: CycleRecord


@dataclass(frozen=True, kw_only=True)
class CycleResult:
    """The last cycle's maps, the records of all cycles, and whether the stopping rule ended them."""

    last: CycleMaps
    history: tuple[CycleRecord, ...]
    is_converged: bool


def run_cycles(
    frames: UInt8[np.ndarray, "m h w 3"],
    flow: Flow,
    config: Config,
    *,
    device: torch.device,
    stopwatch: Stopwatch,
    watch: Callable[[CycleMaps], None] = lambda maps: None,
) -> CycleResult:
    """Graph, then network, then the graph with the network's map as a cue, and so on.

    Stops when the masks of two consecutive cycles have a mean IoU of `config.cycle.stop_iou`, or after
    `config.cycle.max_cycles`; that is a status, `is_converged`. `watch` is called with the maps of each cycle. The same
    inputs, settings and number of threads give the same masks on a CPU; on a GPU the last bits vary.

    Source: IKE, section on the cycles.
    """
    generator = torch.Generator().manual_seed(config.seed)
    with stopwatch.measure("graph"):
        graph_module = _GraphModule(flow, config, generator, device)
    images = torch.from_numpy(frames).to(device)
    history: list[CycleRecord] = []
    maps: CycleMaps | None = None
    while maps is None or not (_is_converged(maps, config.cycle) or maps.record.cycle == config.cycle.max_cycles):
        maps = _run_cycle(graph_module, images, maps, config, generator, stopwatch)
        history.append(maps.record)
        watch(maps)
    return CycleResult(last=maps, history=tuple(history), is_converged=_is_converged(maps, config.cycle))


def _is_converged(maps: CycleMaps, config: CycleConfig) -> bool:
    return maps.record.mask_iou is not None and maps.record.mask_iou >= config.stop_iou


def _run_cycle(
    graph_module: "_GraphModule",
    images: UInt8[Tensor, "m h w 3"],
    previous: CycleMaps | None,
    config: Config,
    generator: torch.Generator,
    stopwatch: Stopwatch,
) -> CycleMaps:
    before = dict(stopwatch.seconds)
    with stopwatch.measure("graph"):
        solution = graph_module.solve(previous.network if previous else None)
        graph = solution.soft_masks.cpu().numpy()
    with stopwatch.measure("network"):
        network = _ask_network(images, solution.soft_masks, config.network, generator).cpu().numpy()
    answer = _choose_answer(graph, network, config.cycle)
    cut = estimate_cut(answer, config.refine)
    graph_masks, network_masks = (maps > estimate_cut(maps, config.refine) for maps in (graph, network))
    record = CycleRecord(
        cycle=previous.record.cycle + 1 if previous else 1,
        mask_iou=evaluate_agreement(answer > cut, previous.answer > previous.cut) if previous else None,
        graph_network_iou=evaluate_agreement(graph_masks, network_masks),
        graph_movement=solution.movements[-1],
        area_fraction=float((answer > cut).mean()),
        graph_s=stopwatch.seconds["graph"] - before["graph"],
        network_s=stopwatch.seconds["network"] - before["network"],
    )
    return CycleMaps(graph=graph, network=network, answer=answer, cut=cut, record=record)


class _GraphModule:
    """The graph of one video: links and motion features are built once, each cycle solves with its own cue."""

    def __init__(self, flow: Flow, config: Config, generator: torch.Generator, device: torch.device) -> None:
        self._forward, self._backward = (torch.from_numpy(field).to(device) for field in (flow.forward, flow.backward))
        self._config = config.graph
        self._graph = build_graph(self._forward, self._backward, config.graph)
        self._motion = build_motion_features(self._forward, self._backward, config.graph.motion_reach_frames)
        shape = (len(self._forward) + 1, self._graph.height, self._graph.width)
        self._seed = build_seed_map(shape, config.graph, generator, device)

    def solve(self, cue: Float32[np.ndarray, "m h w"] | None) -> GraphSolution:
        features = self._motion
        if cue is not None:
            cues = rearrange(torch.from_numpy(cue).to(self._motion.device), "m h w -> 1 m h w")
            cues = build_cue_features(self._forward, self._backward, cues)
            features = torch.cat([features, cues], dim=-1)
        return solve_graph(self._graph, features, self._seed, self._config)


def _ask_network(
    images: UInt8[Tensor, "m h w 3"], soft_masks: Float32[Tensor, "m h w"], config: NetworkConfig, generator: torch.Generator
) -> Float32[Tensor, "m h w"]:
    """The soft masks of a network that learned the graph's; an empty soft mask teaches nothing and is returned."""
    if not soft_masks.any():
        return soft_masks
    network = fit_network(images, soft_masks, config, generator)
    return predict_soft_masks(network, images, config)


def _choose_answer(
    graph: Float32[np.ndarray, "m h w"], network: Float32[np.ndarray, "m h w"], config: CycleConfig
) -> Float32[np.ndarray, "m h w"]:
    match config.answer:
        case "graph":
            return graph
        case "network":
            return network
        case "both":
            return (graph + network) / 2

"""The cycle loop of one window."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import nn

from ike_ray.config import Config, CycleConfig
from ike_ray.cycle.agreement import evaluate_agreement
from ike_ray.cycle.modules import GraphModule, NetworkModule
from ike_ray.records import CycleRecord, Flow
from ike_ray.refine.cut import estimate_cut
from ike_ray.timing import Stopwatch


@dataclass(frozen=True, kw_only=True)
class CarriedOver:
    """What a window leaves to the next one of its shot."""

    network: nn.Module | None  # None: no graph of the shot has found anything to learn yet
    soft_masks: Float32[np.ndarray, "o h w"]  # its answer in the frames that both share, the first ones of the next


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
    """The last cycle's maps and network, the records of all cycles, and whether the stopping rule ended them."""

    last: CycleMaps
    network: nn.Module | None  # None where there was nothing to learn
    history: tuple[CycleRecord, ...]
    is_converged: bool


def run_cycles(
    frames: UInt8[np.ndarray, "m h w 3"],
    flow: Flow,
    config: Config,
    *,
    device: torch.device,
    stopwatch: Stopwatch,
    carried: CarriedOver | None = None,
    watch: Callable[[CycleMaps], None] = lambda maps: None,
) -> CycleResult:
    """Graph, then network, then the graph with the network's map as a cue, and so on.

    Stops when the masks of two consecutive cycles have a mean IoU of `config.cycle.stop_iou`, or after
    `config.cycle.max_cycles`; that is a status, `is_converged`. `watch` is called with the maps of each cycle. The same
    inputs, settings and number of threads give the same masks on a CPU; on a GPU the last bits vary.

    With `carried`, the first graph has a cue too, the carried network's map with the carried answer in the shared frames,
    and each cycle's network starts from the carried one instead of fresh weights.

    Source: IKE, section on the cycles; carrying over is not in the paper.
    """
    generator = torch.Generator().manual_seed(config.seed)
    with stopwatch.measure("graph"):
        graph_module = GraphModule(flow, config.graph, generator, device)
    with stopwatch.measure("network"):
        start = carried.network if carried else None
        images = torch.from_numpy(frames).to(device)
        network_module = NetworkModule(images=images, config=config.network, generator=generator, start=start)
        cue = _build_first_cue(network_module, carried)
    history: list[CycleRecord] = []
    maps: CycleMaps | None = None
    while maps is None or not (_is_converged(maps, config.cycle) or maps.record.cycle == config.cycle.max_cycles):
        maps, network = _run_cycle(graph_module, network_module, cue, maps, config, stopwatch)
        cue = maps.network
        history.append(maps.record)
        watch(maps)
    return CycleResult(last=maps, network=network, history=tuple(history), is_converged=_is_converged(maps, config.cycle))


def _build_first_cue(network_module: NetworkModule, carried: CarriedOver | None) -> Float32[np.ndarray, "m h w"] | None:
    predicted = network_module.predict_start()
    if carried is None or predicted is None:
        return None
    cue = predicted.cpu().numpy()
    cue[: len(carried.soft_masks)] = carried.soft_masks
    return cue


def _is_converged(maps: CycleMaps, config: CycleConfig) -> bool:
    return maps.record.mask_iou is not None and maps.record.mask_iou >= config.stop_iou


def _run_cycle(
    graph_module: GraphModule,
    network_module: NetworkModule,
    cue: Float32[np.ndarray, "m h w"] | None,
    previous: CycleMaps | None,
    config: Config,
    stopwatch: Stopwatch,
) -> tuple[CycleMaps, nn.Module | None]:
    before = dict(stopwatch.seconds)
    with stopwatch.measure("graph"):
        solution = graph_module.solve(cue)
        graph = solution.soft_masks.cpu().numpy()
    with stopwatch.measure("network"):
        learned, predicted = network_module.learn(solution.soft_masks)
        network = predicted.cpu().numpy()
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
    return CycleMaps(graph=graph, network=network, answer=answer, cut=cut, record=record), learned


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

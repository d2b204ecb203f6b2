"""The cycle loop of one window."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32, Float64, UInt8
from torch import nn

from ike_ray.config import Config, CycleConfig, RefineConfig
from ike_ray.cycle.confidence import estimate_confidences
from ike_ray.cycle.known import NOTHING_KNOWN, CarriedOver, Known
from ike_ray.cycle.modules import GraphModule, NetworkModule
from ike_ray.metrics.jaccard import evaluate_mean_jaccard
from ike_ray.records import CycleRecord, Flow
from ike_ray.refine.clip_sharpening import sharpen_clip
from ike_ray.refine.feature_model import ClipFeatures, PatchFeatures
from ike_ray.refine.threshold import estimate_threshold, match_area
from ike_ray.timing import Stopwatch

# How often, without a network, the graph hears what colours made of its soft masks. The masks of 20 clips hardly move after
# two (benchmarks/experiments/2026-11-30-exchange-with-colours.md).
_NUM_EXCHANGES = 2


@dataclass(frozen=True, kw_only=True)
class CycleMaps:
    """The soft masks of one cycle, and what is known about it."""

    graph: Float32[np.ndarray, "m h w"]
    labels: Float32[np.ndarray, "m h w"]  # the graph's, sharpened: what the network learned, or the answer without one
    network_map: Float32[np.ndarray, "m h w"] | None  # the network's own; None if no network was asked
    cue: Float32[np.ndarray, "m h w"]  # what the graph was told last: the witnesses' mean, or the network's map
    answer: Float32[np.ndarray, "m h w"]
    threshold: float  # the answer above it is object
    confidences: Float64[np.ndarray, " m"]
    record: CycleRecord


@dataclass(frozen=True, kw_only=True)
class CycleResult:
    """The maps and the network of the last cycle, the records of all, and whether the stopping rule ended them."""

    last: CycleMaps
    network: nn.Module | None  # None if there was nothing to learn
    history: tuple[CycleRecord, ...]
    is_converged: bool


@dataclass(frozen=True, kw_only=True)
class _Modules:
    """What all cycles of a window work with."""

    graph_module: GraphModule
    network_module: NetworkModule
    frames: UInt8[np.ndarray, "m h w 3"]
    features: ClipFeatures | None
    flow: Flow
    stopwatch: Stopwatch


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What the graph found with a cue."""

    soft_masks: Float32[np.ndarray, "m h w"]
    labels: Float32[np.ndarray, "m h w"]  # the soft masks, sharpened
    movement: float  # of the last iteration


def run_cycles(
    frames: UInt8[np.ndarray, "m h w 3"],
    flow: Flow,
    config: Config,
    *,
    device: torch.device,
    stopwatch: Stopwatch,
    known: Known = NOTHING_KNOWN,
    watch: Callable[[CycleMaps], None] = lambda maps: None,
) -> CycleResult:
    """Return what the cycles of a window found. First comes the graph, then the network, then the graph again with the
    network's map as a cue, and so on.

    Without cycles no network is asked: the graph and the colours of the clip teach each other instead, and the record of
    cycle 0 tells of what they found. Otherwise the loop stops when the masks of two consecutive cycles have a mean IoU of
    `config.cycle.stop_iou`, which is the status `is_converged`, or after `config.cycle.max_cycles`. `watch` is called with
    the maps of each cycle. The same inputs, settings and number of threads give the same masks on a CPU. On a GPU the last
    bits vary.

    With `known.carried`, the first graph has a cue too. It is the carried network's map, with the carried answer in the
    shared frames. Each cycle's network then starts from the carried one instead of fresh weights. `known.second_cue` weighs
    the motion that the graph starts from. `known.features` count beside colours when soft masks are sharpened.

    Source: IKE, section on the cycles. Carrying over, the second cue, features, sharpening and the answer after the exchange
    are not in the paper.
    """
    generator = torch.Generator().manual_seed(config.seed)
    with stopwatch.measure("network"):
        start = known.carried.network if known.carried else None
        network_module = NetworkModule(frames, config.network, generator, device, start)
        cue = _build_first_cue(network_module, known.carried)
    graph_module = GraphModule(frames, flow, config.graph, generator, device, known)
    modules = _Modules(
        graph_module=graph_module,
        network_module=network_module,
        frames=frames,
        features=_join_chains(known.features, graph_module, config.features.weight),
        flow=flow,
        stopwatch=stopwatch,
    )
    if config.cycle.max_cycles == 0:
        maps = _answer_alone(modules, cue, config)
        watch(maps)
        return CycleResult(last=maps, network=start, history=(maps.record,), is_converged=True)
    history: list[CycleRecord] = []
    last: CycleMaps | None = None
    found, network, is_converged = None, None, False
    while not is_converged and len(history) < config.cycle.max_cycles:
        found = found or _ask_graph(modules, cue, config.refine)  # the last cycle may have asked already
        last, network, found = _run_cycle(modules, found, last, config)
        history.append(last.record)
        watch(last)
        is_converged, cue = _is_converged(last, config.cycle), last.network_map
    assert last is not None
    return CycleResult(last=last, network=network, history=tuple(history), is_converged=is_converged)


def _join_chains(features: PatchFeatures | None, graph_module: GraphModule, weight: float) -> ClipFeatures | None:
    return None if features is None else ClipFeatures(patches=features, average=graph_module.average, weight=weight)


def _build_first_cue(network_module: NetworkModule, carried: CarriedOver | None) -> Float32[np.ndarray, "m h w"] | None:
    cue = network_module.predict_start()
    if carried is None or cue is None:
        return None
    cue[: len(carried.soft_masks)] = carried.soft_masks
    return cue


def _is_converged(maps: CycleMaps, config: CycleConfig) -> bool:
    return maps.record.mask_iou is not None and maps.record.mask_iou >= config.stop_iou


def _ask_graph(modules: _Modules, cue: Float32[np.ndarray, "m h w"] | None, config: RefineConfig) -> _Found:
    stopwatch = modules.stopwatch
    with stopwatch.measure("graph"):
        solution = modules.graph_module.solve(cue)
        soft_masks = solution.soft_masks.cpu().numpy()
    if config.sharpen == "none":
        return _Found(soft_masks=soft_masks, labels=soft_masks, movement=solution.movements[-1])
    with stopwatch.measure("refine"):
        labels = sharpen_clip(modules.frames, solution.soft_masks, config, modules.features).cpu().numpy()
    return _Found(soft_masks=soft_masks, labels=labels, movement=solution.movements[-1])


def _answer_alone(modules: _Modules, cue: Float32[np.ndarray, "m h w"] | None, config: Config) -> CycleMaps:
    """Return what graph and colours agree on as the answer of cycle 0.

    The graph finds soft masks from motion, and colours and edges sharpen them. The graph then hears the labels as its cue,
    which chains carry from frame to frame, and they are sharpened again, twice. The confidence looks at the first soft masks,
    since later ones look clear whatever they are.
    """
    before_s = modules.stopwatch.seconds["graph"]
    first = found = _ask_graph(modules, cue, config.refine)
    if config.graph.method == "walk" and config.refine.sharpen == "clip":
        for _ in range(_NUM_EXCHANGES):
            found = _ask_graph(modules, found.labels, config.refine)
    threshold = estimate_threshold(found.labels, config.refine)
    confidences = estimate_confidences(
        found.labels, threshold, soft_masks=first.soft_masks, witnesses=modules.graph_module.witnesses, flow=modules.flow
    )
    record = CycleRecord(
        cycle=0,
        mask_iou=None,
        graph_network_iou=None,
        confidence=float(confidences.mean()),
        graph_movement=first.movement,
        area_fraction=float((found.labels > threshold).mean()),
        graph_s=modules.stopwatch.seconds["graph"] - before_s,
        network_s=0.0,
    )
    return CycleMaps(
        graph=first.soft_masks,
        labels=found.labels,
        network_map=None,
        cue=modules.graph_module.first_cue.cpu().numpy() if cue is None else cue,
        answer=found.labels,
        threshold=threshold,
        confidences=confidences,
        record=record,
    )


def _run_cycle(
    modules: _Modules, found: _Found, previous: CycleMaps | None, config: Config
) -> tuple[CycleMaps, nn.Module | None, _Found | None]:
    """Return the cycle's maps, its network, and what the graph found with the network's map, if the answer needed that."""
    before = dict(modules.stopwatch.seconds)
    with modules.stopwatch.measure("network"):
        network, network_map = modules.network_module.learn(found.labels)
    ahead = None
    if config.cycle.answer == "exchange":
        ahead = _exchange(modules, found, network_map, config.refine, keeps_area=previous is not None)
    answer = _choose_answer(found.labels, network_map, ahead, config.cycle)
    threshold = estimate_threshold(answer, config.refine)
    label_masks, network_masks = (soft > estimate_threshold(soft, config.refine) for soft in (found.labels, network_map))
    confidences = estimate_confidences(
        answer, threshold, soft_masks=found.soft_masks, witnesses=modules.graph_module.witnesses, flow=modules.flow
    )
    record = CycleRecord(
        cycle=previous.record.cycle + 1 if previous else 1,
        mask_iou=evaluate_mean_jaccard(answer > threshold, previous.answer > previous.threshold) if previous else None,
        graph_network_iou=evaluate_mean_jaccard(label_masks, network_masks),
        confidence=float(confidences.mean()),
        graph_movement=found.movement,
        area_fraction=float((answer > threshold).mean()),
        graph_s=modules.stopwatch.seconds["graph"] - before["graph"],
        network_s=modules.stopwatch.seconds["network"] - before["network"],
    )
    maps = CycleMaps(
        graph=found.soft_masks,
        labels=found.labels,
        network_map=network_map,
        cue=network_map,
        answer=answer,
        threshold=threshold,
        confidences=confidences,
        record=record,
    )
    return maps, network, ahead


def _exchange(
    modules: _Modules, found: _Found, network_map: Float32[np.ndarray, "m h w"], config: RefineConfig, *, keeps_area: bool
) -> _Found:
    """Return what the graph finds with the network's map as cue. Its labels are the mean of those before and after.

    Each exchange makes masks tighter. The first one may do so, since its labels are found from motion alone and are as wide
    as motion is blurred. Later ones would lose thin parts, so their masks keep their area, and only place and shape are open.
    """
    ahead = _ask_graph(modules, network_map, config)
    labels = (found.labels + ahead.labels) / 2
    if keeps_area:
        threshold = estimate_threshold(found.labels, config)
        labels = match_area(labels, float((found.labels > threshold).mean()), threshold)
    return replace(ahead, labels=labels)


def _choose_answer(
    labels: Float32[np.ndarray, "m h w"],
    network_map: Float32[np.ndarray, "m h w"],
    ahead: _Found | None,
    config: CycleConfig,
) -> Float32[np.ndarray, "m h w"]:
    match config.answer:
        case "exchange":
            assert ahead is not None
            return ahead.labels
        case "graph":
            return labels
        case "network":
            return network_map
        case "both":
            return (labels + network_map) / 2

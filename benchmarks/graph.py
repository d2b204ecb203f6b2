"""How fast and how small is the published graph? `python -m benchmarks.graph --sizes 112x208 224x416 --frames 12 24`

It runs the published power iteration (`graph.method=power`), with links, features and twenty iterations, by our graph and by
a literal one that stores every link (`tests/reference/literal_graph.py`). Each has a process of its own, and works on drawn
flow or, with --video, on DIS flow of a video. For each size and number of frames it prints

- the seconds of both and their ratio,
- the peak memory of both for a frame, beyond frames and flow,
- the largest difference of the soft masks,
- our share of the floor, which is the longer of two times: to copy what each iteration must read and write once (the links as
  we store them, the features twice, soft masks), and to do its additions and multiplications at the speed of a large
  matrix product. Both speeds are measured in the same run.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from torch.nn import functional

from benchmarks.machine import (
    measure_alone,
    measure_copy,
    measure_peak_bytes,
    measure_product,
    measure_seconds,
    parse_arguments,
)
from benchmarks.origin import read_origin
from ike_ray.config import FlowConfig, PublishedGraphConfig, VideoConfig
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.graph.published.compiled_graph import CompiledGraph
from ike_ray.graph.published.lattice_graph import LatticeGraph
from ike_ray.graph.published.operator import SpaceTimeGraph
from ike_ray.graph.published.power_iteration import build_feature_projector, build_graph, solve_graph
from ike_ray.graph.published.seed_map import build_seed_map
from ike_ray.video.clip import read_clip
from tests.reference.literal_graph import build_literal_graph, build_literal_projector

_PUBLISHED = PublishedGraphConfig()
_DRAWN_MOTION_PX = 2.0  # the standard deviation of the drawn flow, which is smooth over a sixth of the image


def main() -> None:
    """Print a row for each size and number of frames."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["112x208", "224x416"], metavar="HxW")
    parser.add_argument("--frames", nargs="+", type=int, default=[12, 24])
    parser.add_argument(
        "--repeats", type=int, default=3, help="the shortest time of ours counts; the literal one is run once"
    )
    parser.add_argument("--video", help="DIS flow of this video instead of drawn flow")
    parser.add_argument("--json", action="store_true", help="ours alone: seconds, peak memory, floor, a line each")
    arguments, device = parse_arguments(parser)
    if arguments.only:
        _measure(arguments, device)
        return
    print(read_origin(), flush=True)
    copied, computed = measure_copy(device), measure_product(device)
    if arguments.json:
        for size in arguments.sizes:
            for frames in arguments.frames:
                print(json.dumps(_measure_ours(size, frames, copied, computed)), flush=True)
        return
    print(f"{arguments.threads} threads; copying {copied / 1e9:.1f} GB/s, matrix product {computed / 1e9:.0f} GFLOP/s")
    print(f"{'size':>9} {'frames':>6} {'literal s':>10} {'ours s':>7} {'ratio':>6} {'literal MB':>11} {'ours MB':>8}", end="")
    print(f" {'difference':>11} {'floor s':>8} {'share':>6}")
    for size in arguments.sizes:
        for frames in arguments.frames:
            with tempfile.TemporaryDirectory() as folder:
                _print_row(size, frames, folder, copied, computed)


def _measure_ours(size: str, frames: int, copied: float, computed: float) -> dict[str, float | str]:
    with tempfile.TemporaryDirectory() as folder:
        ours = measure_alone("benchmarks.graph", "ours", folder, "--sizes", size, "--frames", str(frames))
    floor_s = max(ours["bytes"] / copied, ours["operations"] / computed)
    return {"size": size, "frames": frames, "ours": ours["seconds"], "peak_mb": ours["peak"] / 1e6, "floor": floor_s}


def _print_row(size: str, frames: int, folder: str, copied: float, computed: float) -> None:
    options = ("--sizes", size, "--frames", str(frames))
    literal, ours = (measure_alone("benchmarks.graph", kind, folder, *options) for kind in ("literal", "ours"))
    difference = np.abs(np.load(f"{folder}/literal.npy") - np.load(f"{folder}/ours.npy")).max()
    floor_s = max(ours["bytes"] / copied, ours["operations"] / computed)
    print(f"{size:>9} {frames:6d} {literal['seconds']:10.2f} {ours['seconds']:7.2f}", end="")
    print(f" {literal['seconds'] / ours['seconds']:6.1f} {literal['peak'] / frames / 1e6:11.1f}", end="")
    print(
        f" {ours['peak'] / frames / 1e6:8.1f} {difference:11.1e} {floor_s:8.3f} {floor_s / ours['seconds']:6.1%}", flush=True
    )


def _measure(arguments: argparse.Namespace, device: torch.device) -> None:
    """Measure one kind, size and number of frames, and write the files of --result."""
    height, width = (int(side) for side in arguments.sizes[0].split("x"))
    num_frames = arguments.frames[0]
    forward, backward = (field.to(device) for field in _list_flow(arguments, num_frames, height, width))
    small = forward[:2, :16, :16].contiguous()
    _solve(arguments.only, small, small)  # compiles what is compiled
    answers = []
    peak = measure_peak_bytes(lambda: answers.append(_solve(arguments.only, forward, backward)), device)
    repeats = arguments.repeats if arguments.only == "ours" else 1
    seconds = measure_seconds(lambda: _solve(arguments.only, forward, backward), device, repeats=repeats)
    np.save(f"{arguments.result}.npy", answers[0].cpu().numpy())
    num_links, num_nodes = _count_links(num_frames) * height * width, num_frames * height * width
    link_bytes = _count_link_bytes(build_graph(forward, backward, _PUBLISHED))
    num_features, iterations = 4 * _PUBLISHED.motion_reach_frames + 1, _PUBLISHED.max_iterations
    feature_bytes = 2 if device.type == "cpu" else 4
    numbers = {
        "seconds": seconds,
        "peak": peak,
        "bytes": iterations * (link_bytes + 2 * num_nodes * (feature_bytes * num_features + 4)),
        "operations": iterations * (4 * num_links + 4 * num_features * num_nodes),
    }
    Path(f"{arguments.result}.json").write_text(json.dumps(numbers))


def _solve(kind: str, forward: torch.Tensor, backward: torch.Tensor) -> torch.Tensor:
    if kind == "literal":
        graph = build_literal_graph(forward, backward, _PUBLISHED)
        projector = build_literal_projector(forward, backward, _PUBLISHED)
    else:
        graph = build_graph(forward, backward, _PUBLISHED)
        projector = build_feature_projector(forward, backward, None, _PUBLISHED)
    seed = build_seed_map((len(forward) + 1, *forward.shape[1:3]), _PUBLISHED, torch.Generator(), forward.device)
    return solve_graph(graph, projector, seed, _PUBLISHED).soft_masks


def _count_link_bytes(graph: SpaceTimeGraph) -> int:
    """Return the bytes in which our graph stores its links."""
    if isinstance(graph, LatticeGraph):
        return sum(cells.nbytes for _, cells, _ in graph.links)
    assert isinstance(graph, CompiledGraph)
    parts = [part for share in graph.shares for part in share]
    return sum(part.bundles.nbytes + part.counts.nbytes + part.pixel_bundles.nbytes for part in parts)


def _count_links(num_frames: int) -> int:
    """Return the number of chain positions of a pixel, summed over all frames."""
    reach = _PUBLISHED.reach_frames
    return sum(min(reach, pivot) + min(reach, num_frames - 1 - pivot) for pivot in range(num_frames))


def _list_flow(arguments: argparse.Namespace, num_frames: int, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    if arguments.video:
        config = VideoConfig(working_size_px=(height, width), flow_area_px=None, stop_frame=num_frames)
        flow = build_flow_estimator(FlowConfig(), torch.device("cpu"))(read_clip(arguments.video, config), arguments.video)
        return torch.from_numpy(flow.forward), torch.from_numpy(flow.backward)
    coarse = torch.randn((num_frames - 1, 2, 6, 6), generator=torch.Generator().manual_seed(0)) * _DRAWN_MOTION_PX
    smooth = functional.interpolate(coarse, (height, width), mode="bicubic")
    forward = rearrange(smooth, "s xy h w -> s h w xy").contiguous()
    return forward, -forward


if __name__ == "__main__":
    main()

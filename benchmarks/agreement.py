"""Does our graph give the published program's answers? `python -m benchmarks.agreement FILE.npz`

FILE holds `flow_forward`, `flow_backward` (s, h, w, 2), `seed_random` (h, w), for cues `cue` (m, h, w), and golden arrays
named `soft_SEED_iterationN` and `soft_SEED_cue_iterationN`: the soft masks after N iterations from that seed. For each array
it prints the correlation, the largest difference and the IoU at 0.5 of ours against it. It exits with 1 if one misses the
limits.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from einops import rearrange, repeat

from benchmarks.origin import read_origin
from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.power_iteration import build_feature_projector, build_graph, solve_graph
from ike_ray.graph.published.seed_map import build_seed_map

LOWEST_CORRELATION = 0.9999
LOWEST_IOU = 0.99
_PUBLISHED = PublishedGraphConfig()
_NAME = re.compile(r"soft_(?P<seed>random|uniform|gaussian)(?P<cue>_cue)?_iteration(?P<iterations>\d+)")


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How our answer agrees with one golden array."""

    name: str
    correlation: float
    largest_difference: float
    iou: float

    @property
    def is_reached(self) -> bool:
        """Return whether both limits are met. NaN never meets one."""
        return self.correlation >= LOWEST_CORRELATION and self.iou >= LOWEST_IOU


def evaluate_file(path: str, device: torch.device) -> Iterator[Agreement]:
    """Yield the agreement of every golden array in a file, in the file's order."""
    with np.load(path) as arrays:
        forward, backward = (torch.from_numpy(arrays[name]).float().to(device) for name in ("flow_forward", "flow_backward"))
        graph = build_graph(forward, backward, _PUBLISHED)
        for name in arrays.files:
            match = _NAME.fullmatch(name)
            if match is None:
                continue
            config = replace(_PUBLISHED, seed_map=match["seed"], max_iterations=int(match["iterations"]))
            cues = rearrange(torch.from_numpy(arrays["cue"]).float().to(device), "m h w -> 1 m h w") if match["cue"] else None
            shape = (len(forward) + 1, graph.height, graph.width)
            if config.seed_map == "random":
                noise = torch.from_numpy(arrays["seed_random"]).float().to(device)
                seed = repeat(noise, "h w -> m h w", m=shape[0])
            else:
                seed = build_seed_map(shape, config, torch.Generator(), device)
            solution = solve_graph(graph, build_feature_projector(forward, backward, cues, config), seed, config)
            yield compare(name, solution.soft_masks.cpu().numpy(), arrays[name].astype(np.float32))


def compare(name: str, ours: np.ndarray, golden: np.ndarray) -> Agreement:
    """Return correlation, largest difference and IoU at 0.5 of two soft masks of the same shape."""
    if np.array_equal(ours, golden):  # constant maps have no correlation, empty masks no IoU
        return Agreement(name=name, correlation=1.0, largest_difference=0.0, iou=1.0)
    masks, others = ours > 0.5, golden > 0.5
    return Agreement(
        name=name,
        correlation=float(np.corrcoef(ours.ravel(), golden.ravel())[0, 1]),
        largest_difference=float(np.abs(ours - golden).max()),
        iou=float((masks & others).sum() / max(1, (masks | others).sum())),
    )


def main() -> None:
    """Print the table. Exit with 1 if a limit is missed or there is nothing to compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE.npz")
    parser.add_argument("--device", default="cpu", help="cpu, cuda")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    print(f"{'golden array':36} {'correlation':>12} {'largest diff':>13} {'IoU at 0.5':>11}")
    agreements = []
    for entry in evaluate_file(arguments.file, torch.device(arguments.device)):
        agreements.append(entry)
        missed = "" if entry.is_reached else "  MISSED"
        print(f"{entry.name:36} {entry.correlation:12.7f} {entry.largest_difference:13.6f} {entry.iou:11.5f}{missed}")
    if not agreements:
        sys.exit(f"{arguments.file} holds no golden array: expected names such as soft_gaussian_iteration20")
    if not all(entry.is_reached for entry in agreements):
        sys.exit(1)


if __name__ == "__main__":
    main()

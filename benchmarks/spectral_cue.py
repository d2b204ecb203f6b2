"""Do spectral masks help the graph from the start? `python -m benchmarks.spectral_cue DAVIS --config configs/fast.yaml`

DAVIS is a DAVIS-2016 folder. The second cue is each frame's object side by the spectral method without weights, averaged
along the chains of the graph. It joins the motion cue: as a factor that leaves a half or 0.3 of motion where it is 0, or with
a share. Printed is J of the labels, before any network, at the videos' own size over all frames but the first and the last:
of the second cue alone, of motion alone, and of each mixture; then the means over sequences. One thread.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8

from ike_ray.config import AffinityConfig, SpectralConfig
from ike_ray.cycle.modules import GraphModule
from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.graph.motion_cue import build_motion_cue
from ike_ray.graph.solve import walk_graph
from ike_ray.graph.walk import build_chain_walk
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.refine.colour_cut import sharpen_soft_masks
from ike_ray.settings import read_config
from ike_ray.spectral.build import build_graph_builder
from ike_ray.spectral.maps import solve_maps
from ike_ray.spectral.object_side import choose_rule, localize_side, measure_strength
from ike_ray.spectral.pixel_mask import resize_map
from ike_ray.storage.files import join_uri
from ike_ray.video.clip import read_clip

_CPU = torch.device("cpu")
_SPECTRAL = SpectralConfig(affinity=AffinityConfig(nodes="patches", grid_area_px=1600))
_TOP_QUANTILE = 0.98  # as the motion cue's


def main() -> None:
    """Prints a row a sequence and the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="DAVIS")
    parser.add_argument("--split", default="train")
    parser.add_argument("--sequences", nargs="*", help="only these")
    parser.add_argument("--config", default="configs/fast.yaml")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rows = []
    for sequence in list_sequences("davis2016", arguments.root, arguments.split):
        if not arguments.sequences or sequence.name in arguments.sequences:
            rows.append(_evaluate(arguments.root, sequence, arguments.config))
            _print_row(sequence.name, rows[-1])
    _print_row("mean", {name: float(np.mean([row[name] for row in rows])) for name in rows[0]})


def _evaluate(root: str, sequence: AnnotatedSequence, config_file: str) -> dict[str, float]:
    config = read_config(Path(config_file).read_text())
    clip = read_clip(join_uri(root, "JPEGImages", "480p", sequence.name), config.video)
    flow = build_flow_estimator(config.flow, _CPU)(clip, sequence.name)
    module = GraphModule(clip.frames, flow, config.graph, torch.Generator(), _CPU)
    walk = build_chain_walk(torch.from_numpy(flow.forward), torch.from_numpy(flow.backward), config.graph)
    motion = build_motion_cue(walk, torch.from_numpy(clip.frames)).numpy()
    second = _scale(module.average(_list_sides(clip.frames)))
    cues = {
        "motion": motion,
        "x (0.5 + 0.5 s)": _scale(motion * (0.5 + 0.5 * second)),
        "x (0.3 + 0.7 s)": _scale(motion * (0.3 + 0.7 * second)),
        "0.8 m + 0.2 s": 0.8 * motion + 0.2 * second,
        "0.5 m + 0.5 s": 0.5 * motion + 0.5 * second,
    }
    row = {"second": _score(second, sequence, 0.5)}
    for name, cue in cues.items():
        found = walk_graph(walk, torch.from_numpy(cue.astype(np.float32)), config.graph).soft_masks.numpy()
        labels = module.average(sharpen_soft_masks(clip.frames, found, config.refine))
        row[name] = _score(labels, sequence, config.refine.level)
    return row


def _list_sides(frames: UInt8[np.ndarray, "m h w 3"]) -> Float32[np.ndarray, "m h w"]:
    """The object's side of each frame, from 0 to 1 where it is strong."""
    build_graph, rule = build_graph_builder(_SPECTRAL, _CPU), choose_rule(_SPECTRAL)
    sides = np.zeros(frames.shape[:3], np.float32)
    for number, eigen in enumerate(solve_maps(frames, build_graph, _SPECTRAL.eigenvectors, _CPU, seed=0)):
        side = localize_side(eigen, rule)
        if side is not None:
            sides[number] = resize_map((side.map / measure_strength(side.map)).clip(0, 1), *frames.shape[1:3])
    return sides


def _scale(soft_masks: Float32[np.ndarray, "m h w"]) -> Float32[np.ndarray, "m h w"]:
    tops = np.quantile(soft_masks, _TOP_QUANTILE, axis=(1, 2), keepdims=True).clip(1e-3)
    return (soft_masks / tops).clip(0, 1).astype(np.float32)


def _score(soft_masks: Float32[np.ndarray, "m h w"], sequence: AnnotatedSequence, cut: float) -> float:
    truths = np.stack([frame.read_mask() for frame in sequence.scored_frames])
    masks = [cv2.resize(soft_masks[frame.index], truths.shape[:0:-1]) > cut for frame in sequence.scored_frames]
    return float(evaluate_jaccard(np.stack(masks), truths).mean())


def _print_row(name: str, numbers: dict[str, float]) -> None:
    print(f"{name:18}" + "  ".join(f"{column} {value:.3f}" for column, value in numbers.items()), flush=True)


if __name__ == "__main__":
    main()

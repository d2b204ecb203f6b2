"""How much does each constant of the method matter? `python -m benchmarks.sensitivity --set old=DAVIS:train --set drawn`

Each constant is halved and doubled by itself, with the default settings, and the masks are compared with the truth at the
videos' own size. A set is NAME=DAVIS:SPLIT, a folder like that of DAVIS-2016, or `drawn`, which stands for twelve drawn clips
that the motion network did not learn from. It prints a table with J of each set, as it is and at half and twice each value,
and marks what moves a set by 0.02 or more. --frames is how many frames are taken from the middle of each video.

What is not in the table: constants that the motion network learned with, and those that a paper gives.
"""

import argparse
import importlib
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Bool
from PIL import Image

from benchmarks.origin import read_origin
from ike_ray.config import Config
from ike_ray.cycle import modules, run
from ike_ray.cycle.known import Known
from ike_ray.cycle.witnesses import Witnesses, ask_witnesses, choose_far_gaps
from ike_ray.datasets.open import list_sequences
from ike_ray.drawn.scene import draw_scene
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.flow.far import estimate_far_flows
from ike_ray.graph.solve import GraphSolution, mix_cue, walk_graph
from ike_ray.graph.walk import ChainWalk, build_chain_walk
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.records import Clip
from ike_ray.refine.clip_sharpening import sharpen_clip
from ike_ray.refine.frames import enlarge_soft_mask
from ike_ray.settings import read_config
from ike_ray.storage.files import join_uri
from ike_ray.video.clip import read_clip

_FACTORS = (0.5, 2.0)
_DRAWN_SEEDS = (0, 40, 80, 120, 1_000_000, 1_000_040, 1_200_000, 1_200_040, 1_400_000, 1_400_040, 1_600_000, 1_600_040)
_DRAWN_SIZE = (320, 568)
_MUCH = 0.02
_CPU = torch.device("cpu")
_STAGES = ("flow", "motion", "saliency", "graph", "cut", "edges")
# For each stage the constants that it and later stages read: module of `ike_ray`, or "settings", and name.
_CONSTANTS: dict[str, tuple[tuple[str, str], ...]] = {
    "flow": (("settings", "flow.enlarged_area_px"), ("flow.far", "_LARGEST_CAMERA_SPEED_PX")),
    "motion": (
        ("flow.camera", "_BORDER_FRACTION"),
        ("flow.camera", "_INNER_WEIGHT"),
        ("flow.camera", "_SMALLEST_SCALE_PX"),
        ("flow.reliability", "_RELATIVE_ERROR"),
        ("flow.reliability", "_ERROR_PX2"),
        ("flow.texture", "_HALF_TEXTURE"),
        ("flow.texture", "_TEXTURE_SIGMA_FRACTION"),
        ("graph.motion_cue", "_LEAST_SHARE"),
        ("graph.motion_cue", "_LEAST_MOTION_PX"),
        ("graph.motion_cue", "_LEAST_RELIABILITY"),
        ("cycle.modules", "_DECAY_FRAMES"),
    ),
    "saliency": (
        ("settings", "graph.saliency_stride"),
        ("saliency.saliency_map", "FRAME_SUPERPIXELS"),
        ("saliency.saliency_map", "_LEAST_CONTRAST"),
        ("saliency.superpixels", "_COMPACTNESS"),
        ("saliency.background_detection", "_GEODESIC_SIGMA"),
        ("saliency.background_detection", "_BACKGROUND_WEIGHT"),
    ),
    "graph": (("cycle.witnesses", "_LEAST_SALIENCY"), ("graph.solve", "_NUM_WALKS")),
    "cut": (
        ("cycle.run", "_NUM_EXCHANGES"),
        ("settings", "refine.colour_weight"),
        ("settings", "refine.edge_weight"),
        ("refine.clip_sharpening", "_NUM_ROUNDS"),
        ("refine.clip_sharpening", "_NUM_ITERATIONS"),
        ("refine.clip_sharpening", "_LEAST_PROBABILITY"),
        ("refine.clip_sharpening", "_LARGEST_COST"),
        ("refine.clip_sharpening", "_DOUBT"),
        ("refine.clip_sharpening", "_NEAR_FRACTION"),
        ("refine.clip_sharpening", "_FAR_WEIGHT"),
        ("refine.clip_sharpening", "_LEAST_EDGE"),
        ("refine.colour_model", "_NUM_CELLS"),
        ("refine.colour_model", "_LEAST_SPAN"),
        ("refine.colour_model", "_SMOOTHING_CELLS"),
        ("refine.colour_model", "_UNSEEN"),
    ),
    "edges": (("refine.edges", "_RADIUS_FRACTION"), ("refine.edges", "_EPSILON"), ("refine.edges", "_SOLVED_AREA_PX")),
}


@dataclass(frozen=True, kw_only=True)
class Video:
    """A clip with its truth."""

    group: str  # the name of its set
    clip: Clip
    truths: Bool[np.ndarray, "m H W"]


@dataclass(kw_only=True)
class Found:
    """What the stages found in a clip, so that a later stage can be repeated alone."""

    flow: Any = None
    far_flows: Any = ()
    walk: ChainWalk | None = None
    witnesses: Witnesses | None = None
    solution: GraphSolution | None = None
    answer: torch.Tensor | None = None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", required=True, metavar="NAME=DAVIS:SPLIT|drawn")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--stage", action="append", choices=_STAGES, help="only these; repeat for more")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    stages = arguments.stage or list(_STAGES)
    videos = [open_video for chosen in arguments.set for open_video in _list_videos(chosen, arguments.frames)]
    scores: dict[str, dict[tuple[str, str, float], list[float]]] = {}
    with ProcessPoolExecutor(arguments.processes) as pool:
        for number, (group, found) in enumerate(pool.map(partial(_evaluate, stages), videos)):
            print(f"{number + 1} of {len(videos)}: {group}, J {found['', '', 1.0]:.3f}", flush=True)
            for key, value in found.items():
                scores.setdefault(group, {}).setdefault(key, []).append(value)
    _print_table(scores, stages)


def _read_default() -> Config:
    return read_config(Path("configs/default.yaml").read_text())


def _list_videos(chosen: str, num_frames: int) -> Iterator[Callable[[], Video]]:
    if chosen == "drawn":
        yield from (partial(_draw, seed, num_frames) for seed in _DRAWN_SEEDS)
        return
    group, _, place = chosen.partition("=")
    root, _, split = place.rpartition(":")
    for sequence in list_sequences("davis2016", root, split):
        yield partial(_read, group, root, split, sequence.name, num_frames)


def _read(group: str, root: str, split: str, name: str, num_frames: int) -> Video:
    (sequence,) = [found for found in list_sequences("davis2016", root, split) if found.name == name]
    scored = sequence.scored_frames
    first = max(0, (len(scored) - num_frames) // 2)
    chosen = scored[first : first + num_frames]
    clip = read_clip(join_uri(root, "JPEGImages", "480p", name), _read_default().video)
    truths = np.stack([frame.read_mask() for frame in chosen])
    return Video(group=group, clip=clip.choose_frames(slice(chosen[0].index, chosen[-1].index + 1)), truths=truths)


def _draw(seed: int, num_frames: int) -> Video:
    scene = draw_scene(seed, num_frames=num_frames, height=_DRAWN_SIZE[0], width=_DRAWN_SIZE[1])
    with tempfile.TemporaryDirectory() as place:
        for index, frame in enumerate(scene.frames):
            Image.fromarray(frame).save(f"{place}/{index:05d}.png")
        clip = read_clip(place, _read_default().video)
    return Video(group="drawn", clip=clip, truths=scene.opacity > 127)


def _evaluate(stages: list[str], open_video: Callable[[], Video]) -> tuple[str, dict[tuple[str, str, float], float]]:
    """Return J of a video as it is, under the key ("", "", 1), and with each constant at half and twice its value."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    video, config = open_video(), _read_default()
    with torch.inference_mode():
        found = Found()
        scores = {("", "", 1.0): _score(video, config, found, "flow")}
        for stage in stages:
            for module, name in _CONSTANTS[stage]:
                for factor in _FACTORS:
                    with _change(module, name, factor, config) as changed:
                        scores[module, name, factor] = _score(video, changed, replace(found), stage)
    return video.group, scores


def _score(video: Video, config: Config, found: Found, first: str) -> float:
    """Return J of the masks after all stages from `first` on, and keep what they find in `found`."""
    clip, todo = video.clip, _STAGES[_STAGES.index(first) :]
    if "flow" in todo:
        estimate_flow = build_flow_estimator(config.flow, _CPU)
        found.flow = estimate_flow(clip, "clip")
        found.far_flows = estimate_far_flows(
            clip, choose_far_gaps(config), found.flow, lambda part: estimate_flow(part, "clip")
        )
    if "motion" in todo:
        forward, backward = (torch.from_numpy(field) for field in (found.flow.forward, found.flow.backward))
        found.walk = build_chain_walk(forward, backward, modules._DECAY_FRAMES)
        saliency = found.witnesses.saliency if found.witnesses else None
        without = replace(config.graph, saliency_stride=None)
        asked = ask_witnesses(found.walk, clip.frames, without, Known(far_flows=found.far_flows))
        found.witnesses = replace(asked, saliency=saliency)
    assert found.walk is not None
    assert found.witnesses is not None
    if first == "saliency" or found.witnesses.saliency is None:  # motion hardly moves it, and it takes long
        asked = ask_witnesses(found.walk, clip.frames, replace(config.graph, cue="motion"))
        found.witnesses = replace(found.witnesses, saliency=asked.saliency)
    if "graph" in todo:
        found.solution = walk_graph(found.walk, found.witnesses.mix())
    assert found.solution is not None
    if "cut" in todo:
        found.answer = sharpen_clip(clip.frames, found.solution.soft_masks, config.refine)
        for _ in range(run._NUM_EXCHANGES):
            heard = mix_cue(found.solution, found.walk, found.answer)
            found.answer = sharpen_clip(clip.frames, heard.soft_masks, config.refine)
    assert found.answer is not None
    pairs = zip(found.answer.numpy(), clip.flow_frames, strict=True)
    size = (int(video.truths.shape[1]), int(video.truths.shape[2]))
    masks = [enlarge_soft_mask(soft, frame, size, config.refine) > config.refine.fixed_threshold for soft, frame in pairs]
    return float(evaluate_jaccard(np.stack(masks), video.truths).mean())


@contextmanager
def _change(module: str, name: str, factor: float, config: Config) -> Iterator[Config]:
    """Yield settings in which the constant is `factor` times what it is."""
    if module == "settings":
        section, key = name.split(".")
        old = getattr(config, section)
        yield replace(config, **{section: replace(old, **{key: _scale(getattr(old, key), factor)})})
        return
    home = importlib.import_module(f"ike_ray.{module}")
    kept = getattr(home, name)
    setattr(home, name, _scale(kept, factor))
    try:
        yield config
    finally:
        setattr(home, name, kept)


def _scale(value: Any, factor: float) -> Any:
    if isinstance(value, tuple):
        return tuple(_scale(part, factor) for part in value)
    return max(1, round(value * factor)) if isinstance(value, int) else value * factor


def _read_value(module: str, name: str) -> Any:
    if module != "settings":
        return getattr(importlib.import_module(f"ike_ray.{module}"), name)
    section, key = name.split(".")
    return getattr(getattr(_read_default(), section), key)


def _print_table(scores: dict[str, dict[tuple[str, str, float], list[float]]], stages: list[str]) -> None:
    groups = list(scores)
    print("\n| constant | value | " + " | ".join(f"{group}, at half and twice" for group in groups) + " |")
    print("|---|---|" + "---|" * len(groups))
    base = {group: float(np.mean(scores[group]["", "", 1.0])) for group in groups}
    print("| as it is | | " + " | ".join(f"{base[group]:.3f}" for group in groups) + " |")
    for stage in stages:
        for module, name in _CONSTANTS[stage]:
            cells = []
            for group in groups:
                values = [float(np.mean(scores[group][module, name, factor])) for factor in _FACTORS]
                is_much = max(abs(value - base[group]) for value in values) >= _MUCH
                cells.append(("**{:.3f}, {:.3f}**" if is_much else "{:.3f}, {:.3f}").format(*values))
            shown = name if module == "settings" else f"{module}.{name}"
            print(f"| `{shown}` | {_read_value(module, name)} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

"""What does each stage of each cycle give? `python -m benchmarks.quality DAVIS --split train --variant configs/default.yaml`

DAVIS is a DAVIS-2016 folder, for development. A variant is a settings file and overrides, such as
`configs/fast.yaml,network.num_steps=60`. Name several by repeating --variant. Each sequence is segmented as one window, and
the soft masks of each stage are compared with the truth at the videos' own size, by the protocol of DAVIS, which leaves out
the first and the last frame. Cycle by cycle it prints J of the cue that the graph was told, of the graph's soft masks (both
cut by Otsu), of the labels (the graph's, sharpened), of the network's map and of the answer. Cycle 0 has no network. Then it
prints J and F of the final masks, as a run writes them, the seconds for a frame and the confidence, which is found without
the truth. At the end it prints means over sequences, and the rank correlation of confidence and J over sequences and over
frames. --picture FILE.jpg draws a row for each sequence and a column for each stage of the first variant.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, UInt8
from scipy.stats import spearmanr

from benchmarks.origin import read_origin
from ike_ray.config import Config
from ike_ray.cycle.known import Known
from ike_ray.cycle.run import CycleMaps, run_cycles
from ike_ray.cycle.witnesses import choose_far_gaps
from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.flow.far import estimate_far_flows
from ike_ray.masks.overlay import render_overlay
from ike_ray.metrics.boundary import evaluate_boundary
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.records import Clip
from ike_ray.refine.frames import enlarge_soft_mask
from ike_ray.refine.threshold import estimate_threshold
from ike_ray.settings import read_config
from ike_ray.storage.files import join_uri
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import read_clip
from ike_ray.windows.clip_models import build_clip_models

# The soft masks of these stages are scored; the values are their names in `CycleMaps`.
STAGES = {"cue": "cue", "graph": "graph", "labels": "labels", "network": "network_map", "answer": "answer"}
_TILE_WIDTH_PX = 240


@dataclass(frozen=True, kw_only=True)
class Result:
    """One sequence under one variant and seed."""

    sequence: str
    jaccards: dict[str, float]  # J of "graph 1", "labels 1", ... for each cycle, and of "final"
    boundary: float
    frame_jaccards: Float[np.ndarray, " m"]  # J of the final answer in each scored frame
    confidences: Float[np.ndarray, " m"]
    seconds_a_frame: float
    stages: dict[str, float]  # the seconds of each for a frame
    tiles: list[UInt8[np.ndarray, "h w 3"]]


def main() -> None:
    """Print a table for each variant, and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="DAVIS")
    parser.add_argument("--split", action="append", help="train if none is named; repeat for more")
    parser.add_argument("--sequences", nargs="*", help="only these")
    parser.add_argument("--variant", action="append", help="FILE.yaml[,a.b=value...]; repeat for more")
    parser.add_argument("--seed", action="append", type=int, help="repeat for more")
    parser.add_argument("--processes", type=int, default=2, help="sequences at once, one thread each")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--picture", metavar="FILE.jpg")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    splits = [list_sequences("davis2016", arguments.root, split) for split in arguments.split or ["train"]]
    chosen = [found for found in chain(*splits) if not arguments.sequences or found.name in arguments.sequences]
    # One pool serves all. It forks at its first task, while this process has no thread of OpenCV's that a fork would break.
    with ProcessPoolExecutor(arguments.processes) as pool:
        for number, variant in enumerate(arguments.variant or ["configs/default.yaml"]):
            for seed in arguments.seed or [0]:
                file, *overrides = variant.split(",")
                config = replace(read_config(Path(file).read_text(), overrides, source=file), seed=seed)
                print(f"\n{variant}, seed {seed}", flush=True)
                results = list(_run(pool, arguments, chosen, config))
                _print_row("mean", _average([_list_numbers(result) for result in results]))
                _print_correlation(results)
                if arguments.picture and number == 0 and seed == (arguments.seed or [0])[0]:
                    _write_picture(arguments.picture, results)


def _run(
    pool: Executor, arguments: argparse.Namespace, sequences: list[AnnotatedSequence], config: Config
) -> Iterator[Result]:
    for result in pool.map(partial(_evaluate, arguments.root, config, arguments.device), sequences):
        _print_row(result.sequence, _list_numbers(result))
        yield result


def _evaluate(root: str, config: Config, device_name: str, sequence: AnnotatedSequence) -> Result:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    device, stopwatch = torch.device(device_name), Stopwatch()
    with stopwatch.measure("read"):
        clip = read_clip(join_uri(root, "JPEGImages", "480p", sequence.name), config.video)
    with stopwatch.measure("flow"):
        estimate_flow = build_flow_estimator(config.flow, device)
        flow = estimate_flow(clip, sequence.name)
        far_flows = estimate_far_flows(clip, choose_far_gaps(config), flow, lambda part: estimate_flow(part, sequence.name))
    cycles: list[CycleMaps] = []
    with stopwatch.measure("network"):
        models = build_clip_models(config, device)
        second_cue = models.find_second_cue(clip.frames) if models.find_second_cue else None
    with stopwatch.measure("features"):
        features = models.find_features(clip.flow_frames) if models.find_features else None
    known = Known(far_flows=far_flows, second_cue=second_cue, features=features)
    last = run_cycles(clip.frames, flow, config, device=device, stopwatch=stopwatch, known=known, watch=cycles.append).last
    truth_size = sequence.scored_frames[0].read_mask().shape
    with stopwatch.measure("refine"):
        final = _refine(clip, last, [frame.index for frame in sequence.scored_frames], truth_size, config)
    elapsed_s = stopwatch.elapsed_s
    truths = np.stack([frame.read_mask() for frame in sequence.scored_frames])
    scored = [frame.index for frame in sequence.scored_frames]
    jaccards = {}
    for maps in cycles:
        for stage, name in STAGES.items():
            soft_masks = getattr(maps, name)
            if soft_masks is None:
                continue
            refine = replace(config.refine, threshold="otsu") if stage in ("cue", "graph") else config.refine
            masks = _build_masks(soft_masks[scored], estimate_threshold(soft_masks, refine), truths.shape[1:])
            jaccards[f"{stage} {maps.record.cycle}"] = float(evaluate_jaccard(masks, truths).mean())
    frame_jaccards = evaluate_jaccard(final, truths)
    jaccards["final"] = float(frame_jaccards.mean())
    middle = len(scored) // 2
    return Result(
        sequence=sequence.name,
        jaccards=jaccards,
        boundary=float(np.mean([evaluate_boundary(mask, truth) for mask, truth in zip(final, truths, strict=True)])),
        frame_jaccards=frame_jaccards,
        confidences=last.confidences[scored],
        seconds_a_frame=elapsed_s / len(clip.frames),
        stages={stage: seconds / len(clip.frames) for stage, seconds in stopwatch.seconds.items()},
        tiles=_draw_tiles(clip.frames[scored[middle]], truths[middle], cycles, scored[middle], config),
    )


def _refine(
    clip: Clip, last: CycleMaps, indices: list[int], size: tuple[int, ...], config: Config
) -> Bool[np.ndarray, "m H W"]:
    """Return the masks that a run writes of these frames."""
    height, width = size
    enlarged = (enlarge_soft_mask(last.answer[i], clip.flow_frames[i], (height, width), config.refine) for i in indices)
    return np.stack([soft_mask > last.threshold for soft_mask in enlarged])


def _build_masks(
    soft_masks: Float32[np.ndarray, "m h w"], threshold: float, size: tuple[int, ...]
) -> Bool[np.ndarray, "m H W"]:
    height, width = size
    return np.stack([cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR) > threshold for soft in soft_masks])


def _list_numbers(result: Result) -> dict[str, float]:
    stages = {f"{stage} s": seconds for stage, seconds in result.stages.items() if seconds}
    return (
        result.jaccards
        | {"F": result.boundary, "confidence": float(result.confidences.mean()), "s/frame": result.seconds_a_frame}
        | stages
    )


def _average(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each column over the rows that have it. A sequence that stopped early has fewer cycles."""
    columns = dict.fromkeys(column for row in rows for column in row)
    return {column: float(np.mean([row[column] for row in rows if column in row])) for column in columns}


def _print_row(name: str, numbers: dict[str, float]) -> None:
    print(f"{name:18}" + "  ".join(f"{column} {value:.3f}" for column, value in numbers.items()), flush=True)


def _print_correlation(results: list[Result]) -> None:
    """Print Spearman's rank correlation of confidence and J."""
    if len(results) > 2:
        means = [(result.confidences.mean(), result.frame_jaccards.mean()) for result in results]
        frames = [np.concatenate([getattr(result, name) for result in results]) for name in ("confidences", "frame_jaccards")]
        over_sequences, over_frames = spearmanr(*zip(*means, strict=True)).statistic, spearmanr(*frames).statistic
        print(f"rank correlation of confidence and J: sequences {over_sequences:.2f}, frames {over_frames:.2f}", flush=True)


def _draw_tiles(
    frame: UInt8[np.ndarray, "h w 3"], truth: Bool[np.ndarray, "H W"], cycles: list[CycleMaps], index: int, config: Config
) -> list[UInt8[np.ndarray, "h w 3"]]:
    height, width = frame.shape[:2]
    small_truth = cv2.resize(truth.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    tiles = [render_overlay(frame, {1: small_truth})]
    for maps in cycles:
        for name in [*STAGES.values()][:-1]:
            soft_masks = getattr(maps, name)
            if soft_masks is None:
                continue
            grey = np.rint(soft_masks[index] * 255).astype(np.uint8)
            tiles.append(np.repeat(grey[..., None], 3, axis=2))
        tiles.append(render_overlay(frame, {1: maps.answer[index] > maps.threshold}))
    return tiles


def _write_picture(path: str, results: list[Result]) -> None:
    columns = max(len(result.tiles) for result in results)
    rows = []
    for result in results:
        tiles = [_resize_tile(tile) for tile in result.tiles]
        row = np.concatenate(tiles + [np.zeros_like(tiles[0])] * (columns - len(tiles)), axis=1)
        label = f"{result.sequence} J {result.jaccards['final']:.2f}"
        rows.append(cv2.putText(row, label, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 0), 1, cv2.LINE_AA))
    height = min(row.shape[0] for row in rows)
    picture = np.concatenate([row[:height] for row in rows])
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
    Path(path).write_bytes(data.tobytes())


def _resize_tile(tile: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    height = round(tile.shape[0] * _TILE_WIDTH_PX / tile.shape[1])
    return cv2.resize(tile, (_TILE_WIDTH_PX, height), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    main()

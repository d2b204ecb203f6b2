"""What does a long video cost, and do its windows show? `python -m benchmarks.long_video VIDEO --config configs/default.yaml`

It segments VIDEO as a worker of a run does, into a temporary folder, and prints frames, shots, windows, seconds and the peak
resident memory of this whole process. Start it from a shell, as a process inherits the peak of the one that started it.
`--repeat 12` first puts the video twelve times behind itself, without decoding it.

The seam measure is the mean and the least IoU of the masks of two neighbouring frames, over the steps into and across the
frames that two windows share, and over all other steps inside a shot. A step without an object in either frame counts as 1.
"""

import argparse
import resource
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import torch

from benchmarks.origin import read_origin
from ike_ray.config import Config
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.masks.rle import read_rle
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.pipeline import segment_video
from ike_ray.records import VideoRef
from ike_ray.refine.frames import refine_frames
from ike_ray.run.description import create_run
from ike_ray.run.tiles import TileKeeper
from ike_ray.run.write import write_part, write_whole
from ike_ray.settings import read_config
from ike_ray.storage.files import read_bytes
from ike_ray.timing import Stopwatch


def main() -> None:
    """Print what was found, with one fact in each line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", metavar="VIDEO")
    parser.add_argument("--config", help="YAML file of settings")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides")
    parser.add_argument("--repeat", type=int, default=1, help="times the video is put behind itself")
    parser.add_argument("--progress", action="store_true", help="a line after each window")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    config = read_config(read_bytes(arguments.config).decode() if arguments.config else "", arguments.overrides)
    torch.set_num_threads(config.workers.num_cpus)
    cv2.setNumThreads(config.workers.num_cpus)
    with tempfile.TemporaryDirectory() as folder:
        uri = arguments.video if arguments.repeat == 1 else _repeat(arguments.video, arguments.repeat, folder)
        rows, stopwatch = _segment(uri, config, folder, is_talking=arguments.progress)
    print(f"frames {len(rows)}, shots {rows[-1]['shot']}, windows {rows[-1]['window']}")
    print(f"seconds {stopwatch.elapsed_s:.0f}: " + ", ".join(f"{name} {s:.0f}" for name, s in stopwatch.seconds.items()))
    at_seams, elsewhere = _evaluate_steps(rows, config.windows.overlap_frames)
    for name, ious in (("at seams", at_seams), ("elsewhere", elsewhere)):
        if ious:
            print(f"IoU of neighbouring frames {name}: mean {np.mean(ious):.3f}, least {min(ious):.3f}, of {len(ious)} steps")
    print(f"peak memory {_peak_mb():.0f} MB")


def _segment(uri: str, config: Config, folder: str, *, is_talking: bool) -> tuple[list[dict[str, Any]], Stopwatch]:
    run = create_run(f"{folder}/run", config, uri, [])
    ref = VideoRef(video_id="video", uri=uri)
    device = torch.device("cuda" if config.workers.num_gpus > 0 else "cpu")
    stopwatch, tile_keeper = Stopwatch(), TileKeeper(config.output.strip_frames)
    rows: list[dict[str, Any]] = []
    for segmented in segment_video(
        ref, config, estimate_flow=build_flow_estimator(config.flow, device), device=device, stopwatch=stopwatch
    ):
        with stopwatch.measure("write"):
            masks = tile_keeper.watch(
                segmented, stopwatch.measure_iterator("refine", refine_frames(segmented, config.refine))
            )
            rows += write_part(run, segmented, config.output, ref=ref, masks=masks)
        if is_talking:
            print(f"  {len(rows)} frames, {stopwatch.elapsed_s:.0f} s, peak {_peak_mb():.0f} MB", flush=True)
    with stopwatch.measure("write"):
        tiles = tile_keeper.list_tiles()
        write_whole(run, rows, tiles, config.output, ref=ref, fps=segmented.clip.fps, video_config=config.video)
    return rows, stopwatch


def _evaluate_steps(rows: list[dict[str, Any]], overlap_frames: int) -> tuple[list[float], list[float]]:
    """Return the IoU of each frame's mask with the one before it in its shot: where windows fade, and elsewhere."""
    at_seams: list[float] = []
    elsewhere: list[float] = []
    since_seam = overlap_frames + 1
    for before, after in pairwise(rows):
        if before["shot"] != after["shot"]:
            since_seam = overlap_frames + 1
            continue
        since_seam = 0 if before["window"] != after["window"] else since_seam + 1
        masks = (read_rle(row["mask"])[None] for row in (before, after))
        (at_seams if since_seam <= overlap_frames else elsewhere).append(float(evaluate_jaccard(*masks)[0]))
    return at_seams, elsewhere


def _repeat(uri: str, times: int, folder: str) -> str:
    """Write a file with the packets of the video several times in a row, and return its path."""
    path = str(Path(folder) / "repeated.mkv")
    with av.open(path, "w") as output:
        target = None
        shift = 0
        for _ in range(times):
            with av.open(uri) as source:
                stream = source.streams.video[0]
                target = target or output.add_stream_from_template(stream)
                first, end = None, 0
                for packet in source.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    first = packet.dts if first is None else first
                    packet.dts, packet.pts = packet.dts - first + shift, packet.pts - first + shift
                    end = max(end, packet.pts + (packet.duration or 1))
                    packet.stream = target
                    output.mux(packet)
                shift = end
    return path


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3  # bytes there, kilobytes on Linux


if __name__ == "__main__":
    main()

"""What does one video cost, stage by stage? `python -m benchmarks.video VIDEO --config configs/paper.yaml --device cuda`

It segments VIDEO as a worker does, without Ray and without writing anything, `--repeats` times after a first time that is not
counted (it loads and compiles). Of the shortest time it prints the seconds, the frames a second and, for each stage, the
seconds, their share, the processor seconds and the peak memory. Without VIDEO it draws `--frames` frames of 480 x 854.
`--cycles 3` makes it go through as many cycles, converged or not.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import cv2
import torch

from benchmarks.origin import read_origin
from ike_ray.config import Config
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.flow.estimate import FlowEstimator, build_flow_estimator
from ike_ray.pipeline import segment_video
from ike_ray.profiling import open_profiler
from ike_ray.records import VideoRef
from ike_ray.refine.frames import refine_frames
from ike_ray.settings import read_config
from ike_ray.storage.files import read_bytes
from ike_ray.timing import Stopwatch
from ike_ray.video.write import write_video

_DRAWN_SIZE_PX = (480, 854)


def main() -> None:
    """Print a table, or with --json one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="?", metavar="VIDEO")
    parser.add_argument("--config", help="YAML file of settings")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides")
    parser.add_argument("--frames", type=int, default=80, help="of VIDEO or of the drawn one")
    parser.add_argument("--cycles", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    overrides = [*arguments.overrides, f"video.stop_frame={arguments.frames}"]
    if arguments.cycles:
        overrides += [f"cycle.max_cycles={arguments.cycles}", "cycle.stop_iou=2.0"]
    config = read_config(read_bytes(arguments.config).decode() if arguments.config else "", overrides)
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    device = torch.device(arguments.device)
    estimate_flow = build_flow_estimator(config.flow, device)
    with tempfile.TemporaryDirectory() as folder:
        uri = arguments.video or _draw(arguments.frames, folder)
        results = [_measure(uri, config, estimate_flow, device) for _ in range(1 + arguments.repeats)]
    best = min(results[1:], key=lambda result: result["seconds"])
    print(json.dumps(best) if arguments.json else _build_table(best))


def _draw(num_frames: int, folder: str) -> str:
    clip = draw_clip(0, num_frames=num_frames, height=_DRAWN_SIZE_PX[0], width=_DRAWN_SIZE_PX[1])
    write_video(str(Path(folder) / "drawn.mp4"), clip.frames, 25.0)
    return str(Path(folder) / "drawn.mp4")


def _measure(uri: str, config: Config, estimate_flow: FlowEstimator, device: torch.device) -> dict[str, Any]:
    ref = VideoRef(video_id="video", uri=uri)
    with open_profiler(device) as profiler:
        stopwatch = Stopwatch(profiler)
        num_frames, num_cycles = 0, 0
        for segmented in segment_video(ref, config, estimate_flow=estimate_flow, device=device, stopwatch=stopwatch):
            num_frames += sum(1 for _ in stopwatch.measure_iterator("refine", refine_frames(segmented, config.refine)))
            num_cycles += len(segmented.record.history)
        seconds = stopwatch.elapsed_s
    stages = [
        {
            "stage": entry.stage,
            "seconds": stopwatch.seconds[entry.stage],
            "cpu_s": entry.cpu_s,
            "peak_mb": entry.peak_mb,
            "gpu_peak_mb": entry.gpu_peak_mb,
        }
        for entry in profiler.list_stages()
    ]
    return {"frames": num_frames, "cycles": num_cycles, "seconds": seconds, "stages": stages}


def _build_table(result: dict[str, Any]) -> str:
    lines = [
        f"{result['frames']} frames, {result['cycles']} cycles, {result['seconds']:.2f} s, "
        f"{result['frames'] / result['seconds']:.2f} frames/s",
        f"{'stage':10}{'seconds':>10}{'share':>8}{'cpu s':>10}{'peak MB':>10}{'GPU MB':>10}",
    ]
    for stage in result["stages"]:
        gpu = "" if stage["gpu_peak_mb"] is None else f"{stage['gpu_peak_mb']:.0f}"
        share = stage["seconds"] / result["seconds"]
        lines.append(
            f"{stage['stage']:10}{stage['seconds']:10.2f}{share:8.1%}{stage['cpu_s']:10.2f}{stage['peak_mb']:10.0f}{gpu:>10}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()

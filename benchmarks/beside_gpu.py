"""What do cores do for a frame while a GPU does the rest? `python -m benchmarks.beside_gpu VIDEO`

It needs no GPU. With the settings of `configs/gpu.yaml`, decoding, resizing, saliency, colours, confidences, edges and rows
stay on cores, wherever the rest is computed. The program segments the first `--frames` frames of VIDEO on the CPU, with quick
DIS flow, since flow is not what is measured. Then it does by itself, on one thread, what stays on cores, and prints the
processor seconds of each part for a frame. What cores do to start the work of a GPU, and to copy its results, is not in it.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator

import cv2
import torch

from benchmarks.origin import read_origin
from ike_ray.config import Config
from ike_ray.cycle.confidence import estimate_confidences
from ike_ray.cycle.witnesses import Witnesses
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.masks.png import build_mask_png
from ike_ray.pipeline import segment_video
from ike_ray.records import Flow, SegmentedFrames, VideoRef
from ike_ray.refine.colour_model import build_colour_cells
from ike_ray.refine.frames import refine_frames
from ike_ray.run.description import create_run
from ike_ray.run.tiles import TileKeeper
from ike_ray.run.write import write_part, write_whole
from ike_ray.saliency.saliency_map import estimate_saliency
from ike_ray.settings import read_config
from ike_ray.storage.files import read_bytes
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import read_clip

_CPU = torch.device("cpu")
_ON_CPU = ("flow.method=dis", "flow.dis_effort=quick", "workers.num_gpus=0")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", metavar="VIDEO")
    parser.add_argument("--config", default="configs/gpu.yaml", help="YAML file of settings")
    parser.add_argument("--frames", type=int, default=80)
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    config = read_config(read_bytes(arguments.config).decode(), [*_ON_CPU, f"video.stop_frame={arguments.frames}"])
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for line in build_table(dict(measure(VideoRef(video_id="video", uri=arguments.video), config))):
        print(line)


def measure(ref: VideoRef, config: Config) -> Iterator[tuple[str, float]]:
    """Yield the processor seconds a frame of each part that stays on cores."""
    estimate_flow = build_flow_estimator(config.flow, _CPU)
    parts = list(segment_video(ref, config, estimate_flow=estimate_flow, device=_CPU, stopwatch=Stopwatch()))
    num_frames = sum(len(part.soft_masks) for part in parts)

    def count(name: str, work: Callable[[], object]) -> tuple[str, float]:
        started_s = time.process_time()
        work()
        return name, (time.process_time() - started_s) / num_frames

    yield count("decode and resize", lambda: read_clip(ref.uri, config.video))
    stride = config.graph.saliency_stride
    if stride is not None:
        frames = [part.clip.frames[index] for part in parts for index in range(0, len(part.clip.frames), stride)]
        yield count("saliency", lambda: [estimate_saliency(frame) for frame in frames])
    yield count("colours", lambda: [build_colour_cells(part.clip.frames, _CPU) for part in parts])
    yield count("confidence", lambda: [_estimate_confidences(part) for part in parts])
    yield count("edges and full size", lambda: [list(refine_frames(part, config.refine)) for part in parts])
    masks = [list(refine_frames(part, config.refine)) for part in parts]
    with tempfile.TemporaryDirectory() as folder:
        run = create_run(f"{folder}/run", config, "videos", [])

        def write() -> None:
            keeper, rows = TileKeeper(config.output.strip_frames), []
            for part, found in zip(parts, masks, strict=True):
                rows += write_part(run, part, config.output, ref=ref, masks=keeper.watch(part, found))
            write_whole(run, rows, keeper.list_tiles(), config.output, ref=ref, fps=None, video_config=config.video)

        yield count("rows and pictures of the report", write)
    yield count(
        "a PNG for each mask, if asked for", lambda: [build_mask_png(frame.mask) for found in masks for frame in found]
    )


def build_table(seconds: dict[str, float]) -> list[str]:
    """Return the lines of a table in Markdown. The sum is without the PNG."""
    *kept, png = seconds.items()
    lines = ["| on cores, for a frame | processor seconds |", "|---|---|"]
    lines += [f"| {name} | {second:.4f} |" for name, second in kept]
    lines.append(f"| sum | {sum(second for _, second in kept):.3f} |")
    return [*lines, f"| {png[0]} | {png[1]:.4f} |"]


def _estimate_confidences(part: SegmentedFrames) -> None:
    """Estimate them with the cue and the graph in the place of witnesses, which have the same size."""
    num_frames = min(len(part.soft_masks), len(part.flow.forward) + 1)
    masks, cue, graph = (maps[:num_frames] for maps in (part.soft_masks, part.layers.cue, part.layers.graph))
    witnesses = Witnesses(motion=None, learned_motion=torch.from_numpy(cue), saliency=torch.from_numpy(graph))
    flow = Flow(forward=part.flow.forward[: num_frames - 1], backward=part.flow.backward[: num_frames - 1])
    estimate_confidences(masks, 0.5, soft_masks=graph, witnesses=witnesses, flow=flow)


if __name__ == "__main__":
    main()

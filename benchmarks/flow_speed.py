"""How fast is flow? `python -m benchmarks.flow_speed VIDEO --weights raft-small.pth --size 320x576`

It prints the seconds for a pair of frames, both ways, of DIS with one OpenCV thread and with all. With --weights it also
prints those of RAFT: of torchvision's model, asked pair by pair and way by way, and of ours in float32 and in bfloat16. Ours
encodes each frame once and averages features where the model averages correlations. Then it prints the largest difference of
ours in float32 from the model's, and the mean difference of bfloat16, beside the mean motion, in pixels. The ways take turns,
and the shortest of `--repeats` counts.
"""

import argparse
import json
from collections.abc import Callable

import cv2
import numpy as np
import torch
from einops import rearrange

from benchmarks.machine import measure_seconds
from benchmarks.origin import read_origin
from ike_ray.config import FlowConfig, VideoConfig
from ike_ray.flow.dis import estimate_dis
from ike_ray.flow.raft import Raft
from ike_ray.flow.raft_weights import read_raft_weights
from ike_ray.precision import Precision
from ike_ray.records import Flow
from ike_ray.video.clip import read_clip


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", metavar="VIDEO")
    parser.add_argument("--weights", help="of RAFT-small")
    parser.add_argument("--size", default="320x576", metavar="HxW", help="multiples of 8")
    parser.add_argument("--frames", type=int, default=6)
    parser.add_argument("--updates", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true", help="ours in bfloat16 alone: the seconds for a pair")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    torch.set_num_threads(arguments.threads)
    height, width = (int(side) for side in arguments.size.split("x"))
    config = VideoConfig(working_size_px=(height, width), flow_area_px=None, stop_frame=arguments.frames)
    frames = read_clip(arguments.video, config).frames
    device = torch.device(arguments.device)
    if arguments.json:
        raft = Raft("raft_small", _build_config(arguments, "bfloat16"), device)
        seconds = measure_seconds(lambda: raft.estimate(frames), device, repeats=arguments.repeats)
        print(json.dumps({"pair_s": seconds / (len(frames) - 1)}), flush=True)
        return
    for threads in sorted({1, arguments.threads}):
        cv2.setNumThreads(threads)
        seconds = measure_seconds(lambda: estimate_dis(frames), torch.device("cpu"), repeats=arguments.repeats)
        _print_line(f"DIS, {threads} OpenCV threads", seconds, len(frames))
    if arguments.weights:
        _measure_raft(frames, arguments, device)


def _measure_raft(frames: np.ndarray, arguments: argparse.Namespace, device: torch.device) -> None:
    exact, rounded = (Raft("raft_small", _build_config(arguments, name), device) for name in ("float32", "bfloat16"))
    ways: dict[str, Callable[[], Flow]] = {
        "torchvision's RAFT, pair by pair": _build_pairwise(frames, arguments.weights, arguments.updates, device),
        "ours, float32": lambda: exact.estimate(frames),
        "ours, bfloat16": lambda: rounded.estimate(frames),
    }
    answers = {}
    for name, estimate in ways.items():
        answers[name] = estimate()
        _print_line(name, measure_seconds(estimate, device, repeats=arguments.repeats), len(frames))
    literal, ours, ours_half = answers.values()
    print(f"largest difference, float32: {np.abs(ours.forward - literal.forward).max():.1e} px")
    error = np.linalg.norm(ours_half.forward - ours.forward, axis=-1).mean()
    print(f"mean difference, bfloat16: {error:.3f} px; mean motion {np.linalg.norm(ours.forward, axis=-1).mean():.2f} px")


def _build_config(arguments: argparse.Namespace, precision: Precision) -> FlowConfig:
    return FlowConfig(method="raft_small", weights=arguments.weights, raft_updates=arguments.updates, precision=precision)


def _build_pairwise(frames: np.ndarray, weights: str, num_updates: int, device: torch.device) -> Callable[[], Flow]:
    from torchvision.models.optical_flow import raft_small  # noqa: PLC0415  # an optional package

    model = raft_small()
    model.load_state_dict(read_raft_weights(weights, model.state_dict()))
    model = model.eval().to(device)

    def estimate() -> Flow:
        images = rearrange(torch.from_numpy(frames).to(device), "m h w rgb -> m 1 rgb h w").float() / 127.5 - 1
        with torch.inference_mode():
            ways = [
                [model(here, there, num_flow_updates=num_updates)[-1] for here, there in zip(first, second, strict=True)]
                for first, second in ((images[:-1], images[1:]), (images[1:], images[:-1]))
            ]
        forward, backward = (rearrange(torch.cat(way), "s xy h w -> s h w xy").cpu().numpy() for way in ways)
        return Flow(forward=forward, backward=backward)

    return estimate


def _print_line(name: str, seconds: float, num_frames: int) -> None:
    print(f"{name:36}{seconds / (num_frames - 1):8.3f} s a pair", flush=True)


if __name__ == "__main__":
    main()

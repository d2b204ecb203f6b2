"""Everything that is asked of a GPU, in one command: `python -m benchmarks.gpu --weights raft-small.pth --video FOLDER`

It needs no Ray. It prints the chip and the versions, runs the benchmarks of graph, network, flow and whole video on the GPU,
each in a process of its own, and says of each limit whether it was kept. The graph of 80 frames of 224 x 416 has 0.06 seconds
for twenty iterations. The published network has 2 seconds for five epochs on them and prediction. A step of the compact
network has 4 milliseconds, and RAFT has 10 for a pair of 480 x 848, both ways. The whole video has 9 seconds for three cycles
and RAFT. `--video` is a video or folder of at least 80 frames. Without it the frames are drawn, and RAFT is not measured by
itself. It exits with 1 if a limit is missed or could not be measured. The limits are those of one H200. With `--device cpu`
it only shows that all of it runs.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

import torch

from benchmarks.origin import read_origin

_GRAPH_LIMIT_S, _NETWORK_LIMIT_S, _VIDEO_LIMIT_S = 0.06, 2.0, 9.0
_STEP_LIMIT_S, _PAIR_LIMIT_S = 0.004, 0.010


def main() -> None:
    """Print what was measured, and the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", help="of RAFT-small; without them flow is DIS, on the CPU")
    parser.add_argument("--video")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--frames", type=int, default=80)
    parser.add_argument("--size", default="224x416", metavar="HxW")
    parser.add_argument("--flow-size", default="480x848", metavar="HxW", help="of the pairs of frames for RAFT alone")
    parser.add_argument("--steps", type=int, default=120, help="of the compact network")
    parser.add_argument("--architecture", default="paper", choices=["paper", "compact"])
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    print(_name_device(torch.device(arguments.device)), flush=True)
    options = ("--frames", str(arguments.frames), "--json", "--device", arguments.device)
    graph = _run("graph", "--sizes", arguments.size, *options)
    length = ("--architecture", arguments.architecture, "--size", arguments.size, "--epochs", "5")
    network = _run("network", *length, *options)
    small = _run("network", "--architecture", "compact", "--size", "112x208", "--steps", str(arguments.steps), *options)
    pair = _measure_flow(arguments)
    whole = _run("video", *_list_video_options(arguments), *options)
    verdicts = [
        _judge("graph, seconds", graph and graph["ours"], _GRAPH_LIMIT_S),
        _judge("network, seconds", network and network["ours"], _NETWORK_LIMIT_S),
        _judge("whole video, seconds", whole and whole["seconds"], _VIDEO_LIMIT_S),
        _judge("compact network, seconds a step", small and small["step_s"], _STEP_LIMIT_S),
        _judge("RAFT, seconds a pair", pair and pair["pair_s"], _PAIR_LIMIT_S),
    ]
    sys.exit(0 if all(verdicts) else 1)


def _name_device(device: torch.device) -> str:
    """Return the chip and the versions. Exit if the GPU that was asked for is not there."""
    if device.type != "cuda":
        return f"{device}, torch {torch.__version__}: the limits are a GPU's, so its own are not measurable here"
    if not torch.cuda.is_available():
        sys.exit(f"torch {torch.__version__} sees no GPU: not measurable here. --device cpu shows that the command runs")
    return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}, CUDA {torch.version.cuda}"


def _measure_flow(arguments: argparse.Namespace) -> dict[str, Any] | None:
    if not arguments.weights or not arguments.video:
        return None
    options = ("--weights", arguments.weights, "--size", arguments.flow_size, "--frames", str(min(arguments.frames, 41)))
    return _run("flow_speed", arguments.video, *options, "--json", "--device", arguments.device)


def _list_video_options(arguments: argparse.Namespace) -> list[str]:
    height, width = arguments.size.split("x")
    settings = [f"video.working_size_px=[{height}, {width}]", f"network.architecture={arguments.architecture}"]
    settings += ["network.precision=bfloat16"]
    if arguments.weights:
        settings += ["flow.method=raft_small", f"flow.weights={arguments.weights}"]
    sets = [word for setting in settings for word in ("--set", setting)]
    video = [arguments.video] if arguments.video else []
    return [*video, "--config", "configs/paper.yaml", *sets, "--cycles", "3"]


def _run(name: str, *options: str) -> dict[str, Any] | None:
    """Return what the benchmark printed last, or None if it failed with its own message. The others are still measured."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *options]
    print("$", *command[1:], flush=True)
    result = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if result.returncode:
        print(f"benchmarks.{name} exited with {result.returncode}", flush=True)
        return None
    output = result.stdout.strip().splitlines()[-1]
    print(output, flush=True)
    return json.loads(output)


def _judge(name: str, found: float | None, limit: float) -> bool:
    is_kept = found is not None and found <= limit
    seen = "not measured" if found is None else f"{found:.3f}"
    print(f"{name}: {seen}, at most {limit:g} asked: {'kept' if is_kept else 'MISSED'}", flush=True)
    return is_kept


if __name__ == "__main__":
    main()

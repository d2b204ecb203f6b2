"""Everything that is asked of a GPU, in one command: `python -m benchmarks.gpu --weights raft-small.pth --video FOLDER`

Needs no Ray. It prints the chip and the versions, runs the benchmarks of graph, network and whole video on the GPU, each in
a process of its own, and says of each limit whether it was kept: the graph of 80 frames of 224 x 416, twenty iterations, in
0.15 seconds; the published network on them, five epochs and prediction, in 4; the whole video, three cycles and RAFT, in
20; flow no more than a quarter of it. `--video` is a video or folder of at least 80 frames; drawn ones without it. Exits 1
where a limit is missed. The limits are those of one H200.
"""

import argparse
import json
import subprocess
import sys

import torch

_GRAPH_LIMIT_S, _NETWORK_LIMIT_S, _VIDEO_LIMIT_S, _FLOW_LIMIT_FRACTION = 0.15, 4.0, 20.0, 0.25


def main() -> None:
    """Prints what was measured and the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", help="of RAFT-small; without them flow is DIS, on the CPU")
    parser.add_argument("--video")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--frames", type=int, default=80)
    parser.add_argument("--size", default="224x416", metavar="HxW")
    parser.add_argument("--architecture", default="paper", choices=["paper", "compact"])
    arguments = parser.parse_args()
    device, frames = ("--device", arguments.device), str(arguments.frames)
    if arguments.device == "cuda":
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, CUDA {torch.version.cuda}", flush=True)
    verdicts = []
    graph = _run("graph", "--sizes", arguments.size, "--frames", frames, "--json", *device)
    verdicts.append(_judge("graph, seconds", graph["ours"], _GRAPH_LIMIT_S))
    options = ("--architecture", arguments.architecture, "--size", arguments.size, "--frames", frames, "--epochs", "5")
    network = _run("network", *options, "--json", *device)
    verdicts.append(_judge("network, seconds", network["ours"], _NETWORK_LIMIT_S))
    height, width = arguments.size.split("x")
    settings = [f"video.working_size_px=[{height}, {width}]", f"network.architecture={arguments.architecture}"]
    settings += ["network.precision=bfloat16"]
    if arguments.weights:
        settings += ["flow.method=raft_small", f"flow.weights={arguments.weights}"]
    sets = [word for setting in settings for word in ("--set", setting)]
    video = [arguments.video] if arguments.video else []
    options = (*video, "--config", "configs/paper.yaml", *sets, "--frames", frames, "--cycles", "3", "--json")
    whole = _run("video", *options, *device)
    flow_s = next(stage["seconds"] for stage in whole["stages"] if stage["stage"] == "flow")
    verdicts.append(_judge("whole video, seconds", whole["seconds"], _VIDEO_LIMIT_S))
    verdicts.append(_judge("flow, share of the video", flow_s / whole["seconds"], _FLOW_LIMIT_FRACTION))
    sys.exit(0 if all(verdicts) else 1)


def _run(name: str, *options: str) -> dict[str, float]:
    command = [sys.executable, "-m", f"benchmarks.{name}", *options]
    print("$", *command[1:], flush=True)
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
    print(output, flush=True)
    return json.loads(output)


def _judge(name: str, found: float, limit: float) -> bool:
    print(f"{name}: {found:.3f}, at most {limit:g} asked: {'kept' if found <= limit else 'MISSED'}", flush=True)
    return found <= limit


if __name__ == "__main__":
    main()

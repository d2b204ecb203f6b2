"""How fast does the network learn a video? `python -m benchmarks.network --architecture compact --frames 24 80`

It trains on drawn frames and predicts all of them, with our network and with a plain one
(`tests/reference/literal_network.py`), each in a process of its own. For each number of frames it prints the seconds of both
and their ratio, the peak memory, and our share of the floor. The floor is the time that the counted operations of the same
steps and predictions would take at the speed of a large matrix product in float32, which is measured in the same run. --steps
is what the settings have (120). --epochs counts passes over the video instead, as published. On a GPU ours computes in
bfloat16 and may be faster than that floor.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch
from torch.profiler import profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.machine import measure_alone, measure_peak_bytes, measure_product, measure_seconds, parse_arguments
from benchmarks.origin import read_origin
from ike_ray.config import NetworkConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.network.fit import fit_network, predict_soft_masks
from ike_ray.network.loss import evaluate_loss
from ike_ray.network.unet import build_network
from tests.reference.literal_network import fit_literally, predict_literally


def main() -> None:
    """Print a row for each number of frames."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", choices=["compact", "paper"], default="compact")
    parser.add_argument("--size", default="112x208", metavar="HxW")
    parser.add_argument("--frames", nargs="+", type=int, default=[24])
    parser.add_argument("--json", action="store_true", help="ours alone: seconds, of a step, memory, operations")
    parser.add_argument("--operators", action="store_true", help="instead: the ten operators that took longest in ten steps")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=NetworkConfig().num_steps)
    length.add_argument("--epochs", type=int)
    arguments, device = parse_arguments(parser)
    if arguments.only:
        _measure(arguments, device)
        return
    print(read_origin(), flush=True)
    if arguments.operators:
        _print_operators(arguments, device)
        return
    computed = measure_product(device)
    if arguments.json:
        for frames in arguments.frames:
            with tempfile.TemporaryDirectory() as folder:
                ours = measure_alone("benchmarks.network", "ours", folder, "--frames", str(frames))
            found = {"frames": frames, "ours": ours["seconds"], "step_s": ours["step_seconds"], "peak_mb": ours["peak"] / 1e6}
            print(json.dumps(found | {"tflop": ours["operations"] / 1e12, "product_tflops": computed / 1e12}), flush=True)
        return
    print(f"{arguments.threads} threads, matrix product {computed / 1e9:.0f} GFLOP/s")
    columns = ("frames", "literal s", "ours s", "ratio", "literal MB", "ours MB", "TFLOP", "share")
    print(" ".join(f"{column:>10}" for column in columns))
    for frames in arguments.frames:
        with tempfile.TemporaryDirectory() as folder:
            options = ("--frames", str(frames))
            literal, ours = (measure_alone("benchmarks.network", kind, folder, *options) for kind in ("literal", "ours"))
        share = ours["operations"] / computed / ours["seconds"]
        ratio = literal["seconds"] / ours["seconds"]
        print(f"{frames:10d} {literal['seconds']:10.2f} {ours['seconds']:10.2f} {ratio:10.2f}", end="")
        print(f" {literal['peak'] / 1e6:10.0f} {ours['peak'] / 1e6:10.0f}", end="")
        print(f" {ours['operations'] / 1e12:10.2f} {share:10.1%}", flush=True)


def _print_operators(arguments: argparse.Namespace, device: torch.device) -> None:
    height, width = (int(side) for side in arguments.size.split("x"))
    clip = draw_clip(0, num_frames=arguments.frames[0], height=height, width=width)
    frames, soft_masks = (torch.from_numpy(values).to(device) for values in (clip.frames, clip.masks.astype("float32")))
    config = NetworkConfig(architecture=arguments.architecture, num_steps=10)
    fit_network(frames, soft_masks, config, torch.Generator().manual_seed(0))
    with profile() as recorded:
        fit_network(frames, soft_masks, config, torch.Generator().manual_seed(0))
    is_gpu = device.type == "cuda"
    seconds = {e.key: e.self_device_time_total if is_gpu else e.self_cpu_time_total for e in recorded.key_averages()}
    for name in sorted(seconds, key=lambda name: -seconds[name])[:10]:
        print(f"{name:60}{seconds[name] / sum(seconds.values()):8.1%}")


def _measure(arguments: argparse.Namespace, device: torch.device) -> None:
    """Measure one kind and number of frames, and write the file of --result."""
    height, width = (int(side) for side in arguments.size.split("x"))
    clip = draw_clip(0, num_frames=arguments.frames[0], height=height, width=width)
    frames, soft_masks = clip.frames, clip.masks.astype("float32")
    config = NetworkConfig(
        architecture=arguments.architecture,
        num_steps=None if arguments.epochs else arguments.steps,
        num_epochs=arguments.epochs or 1,
    )
    num_steps = arguments.steps if not arguments.epochs else arguments.epochs * -(-len(frames) // config.batch_size)
    on_device = torch.from_numpy(frames).to(device), torch.from_numpy(soft_masks).to(device)

    def work() -> None:
        if arguments.only == "literal":
            predict_literally(fit_literally(frames, soft_masks, config, num_steps, device), frames, device)
        else:
            network = fit_network(*on_device, config, torch.Generator().manual_seed(0))
            predict_soft_masks(network, on_device[0], config)

    def learn() -> None:
        fit_network(*on_device, config, torch.Generator().manual_seed(0))

    numbers = {"peak": measure_peak_bytes(work, device), "seconds": measure_seconds(work, device, repeats=1)}
    if arguments.only == "ours":
        numbers["step_seconds"] = measure_seconds(learn, device, repeats=1) / num_steps
    numbers["operations"] = _count_operations(on_device[0], on_device[1], config, num_steps)
    Path(f"{arguments.result}.json").write_text(json.dumps(numbers))


def _count_operations(frames: torch.Tensor, soft_masks: torch.Tensor, config: NetworkConfig, num_steps: int) -> int:
    """Return the operations of the steps, forward and backward, and of predicting all frames."""
    network = build_network(config, torch.Generator()).to(frames.device)
    images = frames[: config.batch_size].permute(0, 3, 1, 2).float() / 255
    with FlopCounterMode(display=False) as step:
        evaluate_loss(network(images), soft_masks[: config.batch_size], config).backward()
    with FlopCounterMode(display=False) as prediction, torch.no_grad():
        network(images[:1])
    return num_steps * step.get_total_flops() + len(frames) * prediction.get_total_flops()


if __name__ == "__main__":
    main()

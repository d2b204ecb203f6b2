"""How many images a second with features of a ViT? `python -m benchmarks.vit_speed IMAGES --device cuda`

It segments the first `--num` images of a folder with `configs/vit.yaml` in one process, without Ray, once to warm up and then
`--repeats` times, and prints the images a second of the quickest time. The model is a ViT-S/16 with random weights, which
takes the time of a trained one. Its masks mean nothing.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch

import ike_ray
from benchmarks.origin import read_origin


def main() -> None:
    """Print one line for the machine and one for the speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--num", type=int, default=64, help="images")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    paths = sorted(path for path in arguments.images.iterdir() if path.is_file())[: arguments.num]
    with tempfile.TemporaryDirectory() as model:
        save_vit(model)
        changes = [f"features.model={model}", *arguments.overrides]
        seconds = [measure(paths, changes, arguments.device) for _ in range(1 + arguments.repeats)]
    speed = len(paths) / min(seconds[1:])
    print(f"{len(paths)} images on {arguments.device}, {torch.get_num_threads()} threads: {speed:.2f} images a second")


def save_vit(folder: str) -> None:
    """Save a ViT-S/16 with random weights as `transformers` does."""
    from transformers import ViTConfig, ViTModel  # noqa: PLC0415  # an optional package

    torch.manual_seed(0)
    small = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536}
    ViTModel(ViTConfig(**small)).save_pretrained(folder)


def measure(paths: list[Path], changes: list[str], device: str) -> float:
    """Return the seconds that the images take, from reading them to their masks."""
    started_s = time.perf_counter()
    found = sum(1 for _ in ike_ray.segment_images(paths, "vit", changes=changes, device=device))
    assert found == len(paths)
    return time.perf_counter() - started_s


if __name__ == "__main__":
    main()

"""How long does it take to list a folder of many images, and how much memory? `python -m benchmarks.listing`

It makes folders of so many tiny files, 1,000 in each folder below, and lists them as `ike-ray spectral` does, each number in
a process of its own. It prints the seconds, those of the processor, and how far memory rises above what it was before.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.machine import measure_alone, measure_peak_bytes, parse_arguments
from benchmarks.origin import read_origin
from ike_ray.records import VideoRef
from ike_ray.video.manifest import list_images_and_videos

_FILES_A_FOLDER = 1_000


def main() -> None:
    """Prints a line for each number of files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[10_000, 100_000])
    arguments, _ = parse_arguments(parser)
    if arguments.only:
        measure(int(arguments.only), Path(f"{arguments.result}.json"))
        return
    print(read_origin(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for num_files in arguments.files:
            print(json.dumps(measure_alone("benchmarks.listing", str(num_files), folder)), flush=True)


def measure(num_files: int, result: Path) -> None:
    """Lists a folder of so many files, and leaves what it took in the file `result`."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(num_files):
            path = Path(folder, f"{number // _FILES_A_FOLDER:04d}", f"{number:07d}.jpg")
            path.parent.mkdir(exist_ok=True)
            path.touch()
        refs: list[VideoRef] = []
        begin, begin_cpu = time.perf_counter(), time.process_time()
        peak = measure_peak_bytes(lambda: refs.extend(list_images_and_videos(folder)), torch.device("cpu"))
        seconds, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
    assert len(refs) == num_files
    found = {"files": num_files, "seconds": seconds, "of the processor": cpu_s, "memory, MB": peak / 1e6}
    result.write_text(json.dumps({name: round(value, 2) for name, value in found.items()}))


if __name__ == "__main__":
    main()

"""What does the job cost beside the method?

    python -m benchmarks.corpus overhead FOLDER      # the same videos through the bare method in a loop and through the job
    python -m benchmarks.corpus driver --rows 100000 # the driver's memory and the Parquet files as the manifest grows

`overhead` prints the seconds of both, and the share of a worker's time that is spent inside the method, from the end of its
first video (which loads torch) to the end of its last. `driver` carries a method that sleeps through that many rows. It
prints the driver's own memory along the way, and how many files of which size hold the outcomes. The memory is that of
anonymous and shared pages, because pages of libraries are shared out among the processes that map them and would seem to
grow when workers end.
"""

import argparse
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray

from benchmarks.origin import read_origin
from benchmarks.stand_in import Sleeping, Timed
from ike_ray.config import Config, WorkersConfig
from ike_ray.corpus.fill_run import carry_missing
from ike_ray.corpus.segment import SEGMENT
from ike_ray.engine.cluster import start_ray
from ike_ray.engine.job import Process
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run
from ike_ray.settings import read_config
from ike_ray.video.manifest import list_videos


def main() -> None:
    """Read the arguments and run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    overhead = commands.add_parser("overhead")
    overhead.add_argument("folder")
    overhead.add_argument("--videos", type=int, default=12)
    overhead.add_argument("--set", action="append", default=[])
    overhead.set_defaults(run=measure_overhead)
    driver = commands.add_parser("driver")
    driver.add_argument("--rows", type=int, default=100_000)
    driver.add_argument("--seconds", type=float, default=0.0, help="sleep of a row")
    driver.add_argument("--workers", type=int, default=2)
    driver.set_defaults(run=measure_driver)
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    logging.disable(logging.WARNING)
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    start_ray()
    with tempfile.TemporaryDirectory() as folder:
        arguments.run(arguments, folder)
    ray.shutdown()


def measure_overhead(arguments: argparse.Namespace, folder: str) -> None:
    """Run the job with one worker between two bare loops, since machines drift, and then the job with all cores."""
    config = read_config("", arguments.set)
    refs = list_videos(arguments.folder)[: arguments.videos]
    bare_run = create_run(f"{folder}/bare", config, "", refs)
    process = SEGMENT.build(run=bare_run, config=config).load()
    process(refs[:1], lambda: None)  # loads and compiles
    print_bare(process, refs[1:])
    for num_workers in (1, os.cpu_count() or 1):
        name = f"{folder}/workers-{num_workers}"
        times = carry_timed(refs, name, config, num_workers)
        videos = [end - begin for rows in times.values() for begin, end in rows[1:]]
        spans = [rows[-1][1] - rows[0][1] for rows in times.values() if len(rows) > 1]
        result = {
            "videos": len(refs),
            "workers": num_workers,
            "job, seconds of a worker a video": round(sum(spans) / len(videos), 2),
            "outside the method, seconds a video": round((sum(spans) - sum(videos)) / len(videos), 3),
            "share of worker time inside the method": round(sum(videos) / sum(spans), 4),
        }
        print(json.dumps(result), flush=True)
        if num_workers == 1:
            print_bare(process, refs[1:])


def print_bare(process: Process, refs: list[VideoRef]) -> None:
    """Print the seconds of a video without Ray, in this process."""
    start = time.monotonic()
    for ref in refs:
        process([ref], lambda: None)
    print(json.dumps({"bare loop, seconds a video": round((time.monotonic() - start) / len(refs), 2)}), flush=True)


def carry_timed(refs: list[VideoRef], name: str, config: Config, num_workers: int) -> dict[str, list[tuple[float, float]]]:
    """Return start and end of each video inside the method, in seconds, by the process that worked on it."""
    log = Path(f"{name}-log")
    log.mkdir()
    run = create_run(name, config, "", refs)
    config = replace(config, workers=WorkersConfig(num_workers=num_workers))
    carry_missing(refs, run, Timed(SEGMENT.build(run=run, config=config), str(log)))
    return {
        path.name: [tuple(float(word) for word in line.split()) for line in path.read_text().splitlines()]
        for path in log.iterdir()
    }


def measure_driver(arguments: argparse.Namespace, folder: str) -> None:
    """Print the memory of this process as rows pass, and the files that they end in."""
    refs = [
        VideoRef(
            video_id=f"corpus/{i // 1000:04d}/video-{i:07d}.mp4", uri=f"s3://bucket/corpus/{i // 1000:04d}/video-{i:07d}.mp4"
        )
        for i in range(arguments.rows)
    ]
    run = create_run(f"{folder}/run", Config(), "", refs)
    print(f"{arguments.rows} rows listed: driver {read_memory_mb():.0f} MB", flush=True)

    @contextmanager
    def show(num_missing: int) -> Iterator[Callable[[dict[str, Any]], None]]:
        start, count = time.monotonic(), 0

        def report(outcome: dict[str, Any]) -> None:
            nonlocal count
            count += 1
            if count % max(1, num_missing // 20) == 0:
                rate = count / (time.monotonic() - start)
                parts = list(Path(run.file("outcomes")).glob("*.parquet"))
                print(
                    f"{count:7d} rows: driver {read_memory_mb():4.0f} MB, {rate:5.1f} rows/s, {len(parts)} parts", flush=True
                )

        yield report

    workers = WorkersConfig(num_workers=arguments.workers)
    carry_missing(refs, run, Sleeping(run, workers, arguments.seconds), show=show)
    parts = list(Path(run.file("outcomes")).glob("*.parquet"))
    sizes = sorted(part.stat().st_size / 1e3 for part in parts)
    num_files = sum(path.is_file() for path in Path(run.uri).rglob("*"))
    rows = run.read_outcomes(["video_id"]).num_rows
    print(f"{rows} outcomes in {len(parts)} parts of {sizes[0]:.0f} to {sizes[-1]:.0f} kB; {num_files} files in the run")


def read_memory_mb() -> float:
    """Return the anonymous and shared memory of this process, without pages of files such as libraries. Linux only."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return sum(int(words[1]) for words in lines if words[0] in ("RssAnon:", "RssShmem:")) * 1024 / 1e6


if __name__ == "__main__":
    main()

"""Kill random parts of a running job, resume it until it is done, and compare with a run in which nothing went wrong.

    python -m benchmarks.chaos FOLDER [FOLDER ...] --seed 0 --seed 1 --seed 2      # folders of videos or of frame folders
    python -m benchmarks.chaos FOLDER --seed 0 --s3                               # through an S3 that fails on purpose

From the videos below the folders it cuts 60 small clips and adds broken ones. A cluster of three nodes on this machine then
segments them while, every few seconds, one of these is killed with SIGKILL: the process that works on a video, the actor that
watches it, a whole node (another joins), or the driver (the same command is given again). In the end every video must have
exactly one row, and rows and masks must be those of the quiet run. It exits with 0 if this is so.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

import cv2
import fsspec
import numpy as np
import psutil
import pyarrow.parquet
import s3fs
from ray.cluster_utils import Cluster

from benchmarks.faulty_s3 import FaultyProxy, read_environment, start_s3
from benchmarks.origin import read_origin
from ike_ray.config import VideoConfig
from ike_ray.storage.files import list_folder, read_bytes, write_bytes
from ike_ray.video.manifest import list_videos
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video

# What is killed, and how often. After a node or a driver, Ray takes some ten seconds to work again.
KINDS = {"process": 4, "actor": 3, "node": 1, "driver": 1}
SETTINGS = {
    "video.working_area_px": "4096",
    "network.num_steps": "12",
    "graph.published.max_iterations": "5",
    "output.strip_frames": "2",
    "workers.max_losses": "50",
    "workers.patience_s": "120",
}
# These columns say when, where and how long, and not what was found.
CIRCUMSTANCES = {"finished", "host", "tries", "losses", "seconds", "uri"}
NUM_FRAMES, WIDTH_PX = 8, 160


def main() -> None:
    """Run the seeds, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--every", type=float, default=5.0, help="mean seconds between two kills")
    parser.add_argument("--s3", action="store_true", help="videos and RUN in an S3 on localhost that fails on purpose")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    os.environ["RAY_AUTH_MODE"] = "disabled"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        corpus = f"{folder}/corpus"
        num_clips = build_corpus(arguments.folders, corpus, arguments.clips)
        quiet = f"{folder}/quiet"
        run_quietly(corpus, quiet)
        results = []
        for seed in arguments.seed or [0]:
            if arguments.s3:
                proxy = FaultyProxy(stack.enter_context(start_s3()), 0.1, seed=seed)
                stack.enter_context(proxy.run())
                target = upload(corpus, f"bucket-{seed}", proxy)
            else:
                proxy, target = None, (corpus, f"{folder}/run-{seed}", {})
            result = {"seed": seed, "clips": num_clips, **Chaos(seed, arguments.every, *target).run()}
            proxy_counts = {"faults": sum(proxy.counts.values()) - proxy.counts.get("none", 0)} if proxy else {}
            if proxy:
                proxy.fault_fraction = 0.0
                os.environ.update(read_environment(proxy.port))
            results.append({**result, **proxy_counts, **compare(quiet, target[1], num_clips)})
            print(json.dumps(results[-1]), flush=True)
    sys.exit(any(result[name] for result in results for name in ("lost", "doubled", "different")))


def build_corpus(folders: list[str], target: str, num_clips: int) -> int:
    """Cut clips from the videos below the folders, evenly, add files that are broken, and return how many there are."""
    refs = [ref for folder in folders for ref in list_videos(folder)]
    made = 0
    for start in range(0, 1000, NUM_FRAMES):
        for number, ref in enumerate(refs):
            with open_video(ref.uri, VideoConfig(start_frame=start, stop_frame=start + NUM_FRAMES)) as reader:
                frames = [_shrink(frame.image) for frame in reader]
            if len(frames) > 1 and made < num_clips:
                write_video(f"{target}/{number:02d}-{start:03d}.mp4", frames, 12.0)
                made += 1
        if made >= num_clips:
            break
    whole = read_bytes(list_folder(target)[0])
    broken = {"text.mp4": b"no video", "empty.avi": b"", "head.mp4": whole[:200], "half.mp4": whole[: len(whole) // 2]}
    broken["noise.mkv"] = random.Random(0).randbytes(5000)
    for name, data in broken.items():
        write_bytes(f"{target}/{name}", data)
    return made + len(broken)


def _shrink(image: np.ndarray) -> np.ndarray:
    height = round(image.shape[0] * WIDTH_PX / image.shape[1] / 2) * 2
    return cv2.resize(image, (WIDTH_PX, height), interpolation=cv2.INTER_AREA)


def list_command(source: str, run: str) -> list[str]:
    """Return the job as a user types it."""
    settings = [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]
    program = "from ike_ray.cli.app import main; main()"
    return [sys.executable, "-c", program, "segment", source, "--out", run, *settings]


def run_quietly(corpus: str, run: str) -> None:
    """Make the run that all others are compared with."""
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    subprocess.run(list_command(corpus, run), check=True, env=environment, stdout=subprocess.DEVNULL)


def upload(corpus: str, bucket: str, proxy: FaultyProxy) -> tuple[str, str, dict[str, str]]:
    """Put the corpus into a bucket, past the proxy, and return input, run and environment of the job."""
    environment = read_environment(proxy.port)
    options = {"endpoint_url": f"http://127.0.0.1:{proxy.target_port}"}
    key, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    bucket_files = s3fs.S3FileSystem(key=key, secret=secret, client_kwargs=options)
    bucket_files.mkdir(bucket)
    bucket_files.put(corpus, f"{bucket}/corpus", recursive=True)
    return f"s3://{bucket}/corpus", f"s3://{bucket}/run", environment


class Chaos:
    """One job on a cluster of its own, with kills from a seed."""

    def __init__(self, seed: int, every_s: float, source: str, run: str, environment: dict[str, str]) -> None:
        self._random, self._every_s = random.Random(seed), every_s
        self._command = list_command(source, run)
        self._environment = os.environ | environment
        self._kills: Counter[str] = Counter()

    def run(self) -> dict[str, object]:
        """Kill and resume until the job ends by itself, and return what was done."""
        before = dict(os.environ)
        os.environ.update(self._environment)  # the nodes' processes inherit it
        started_s = time.monotonic()
        log = tempfile.TemporaryFile()  # noqa: SIM115 # closed with this program
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        try:
            nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
            self._environment["RAY_ADDRESS"] = cluster.address
            driver = self._start_driver(log)
            while driver.poll() is None or driver.returncode != 0:
                if driver.poll() is not None:
                    if driver.returncode != -signal.SIGKILL:
                        log.seek(0)
                        raise SystemExit(f"the job ended with {driver.returncode}\n{log.read().decode()[-3000:]}")
                    driver = self._start_driver(log)
                time.sleep(self._random.uniform(0.5, 1.5) * self._every_s)
                if driver.poll() is None:
                    self._kill_one(cluster, nodes, driver)
        finally:
            cluster.shutdown()
            os.environ.clear()
            os.environ.update(before)
        kills = {f"of a {kind}": self._kills[kind] for kind in KINDS}
        return {"minutes": round((time.monotonic() - started_s) / 60, 1), "kills": self._kills.total(), **kills}

    def _start_driver(self, log: IO[bytes]) -> subprocess.Popen:
        return subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def _kill_one(self, cluster: Cluster, nodes: list, driver: subprocess.Popen) -> None:
        kind = self._random.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "driver":
            driver.kill()
            driver.wait()
        elif kind == "node":
            cluster.remove_node(nodes.pop(self._random.randrange(len(nodes))), allow_graceful=False)
            nodes.append(cluster.add_node(num_cpus=1))
        else:
            found = list(list_processes(kind))
            if not found:
                return  # not started yet
            self._random.choice(found).kill()
        self._kills[kind] += 1


def list_processes(kind: str) -> Iterator[psutil.Process]:
    """Yield the running processes that work on videos, or the actors that watch them, below this program."""
    for process in psutil.Process().children(recursive=True):
        try:
            words = process.cmdline()
        except psutil.NoSuchProcess:
            continue
        is_process = "ike_ray.engine.process" in words
        if is_process if kind == "process" else bool(words) and words[0].startswith("ray::MapWorker"):
            yield process


def compare(quiet: str, other: str, num_clips: int) -> dict[str, int]:
    """Return how many rows are missing, doubled, or not those of the quiet run, as any reader of Parquet sees them."""
    expected, found = read_rows(quiet), read_rows(other)
    assert len(expected) == num_clips
    return {
        "rows": sum(len(rows) for rows in found.values()),
        "ok": sum(json.loads(rows[0])["outcome"]["status"] == "ok" for rows in found.values()),
        "lost": sum(name not in found for name in expected),
        "doubled": sum(len(rows) > 1 for rows in found.values()),
        "different": sum(found[name][0] != expected[name][0] for name in expected if name in found),
    }


def read_rows(run: str) -> dict[str, list[str]]:
    """Return for each video each of its outcome rows with all its frame rows, as text."""
    tables = {}
    for kind in ("outcomes", "frames"):
        files = fsspec.open_files(f"{run}/{kind}/*.parquet", "rb")
        tables[kind] = []
        for file in files:
            with file as stream:
                tables[kind] += pyarrow.parquet.read_table(stream).to_pylist()
    frames: dict[str, list] = {}
    for row in tables["frames"]:
        frames.setdefault(row["video_id"], []).append(row)
    rows: dict[str, list[str]] = {}
    for outcome in tables["outcomes"]:
        for record in outcome["history"] or []:
            del record["graph_s"], record["network_s"]
        kept = {k: v for k, v in outcome.items() if k not in CIRCUMSTANCES and not k.startswith("seconds_")}
        if kept["error_message"]:  # it names the file's place
            kept["error_message"] = kept["error_message"].rpartition("/")[2]
        text = json.dumps({"outcome": kept, "frames": frames.get(outcome["video_id"], [])}, sort_keys=True)
        rows.setdefault(outcome["video_id"], []).append(text)
    return rows


if __name__ == "__main__":
    main()

"""Run whole jobs over files that are drawn and damaged, and check what is promised of them.

    python -m benchmarks.fuzz --files 200 --batch 100        # a minute on two cores
    python -m benchmarks.fuzz --files 5000 --seed 1 --keep FOLDER

Each batch is one job, `ike-ray segment` or `ike-ray spectral` as a user types it, over a folder or a manifest. Its files are
drawn in every container and image format and damaged by bytes, lengths, atoms, sizes and tags; among them are playlists, odd
names, links, pipes, addresses of a web server that refuses, and rows that lead nowhere. It checks:

    lost, doubled    each file has exactly one row
    wrong            the row is of a class that fits what was done to the file
    outside          no file of a watched folder is opened that playlists name, and a socket that they name hears nothing
    secrets          no planted secret stands in any file of RUN, in its names, in the log or in the logs of workers
    memory_gb        the most that a process of the job took, of `LIMIT_GB`
    failed           the job ends by itself, with 0
    stopped          rows whose process crashed, hung or grew, which is no fault of the job, but worth a look

It exits with 0 if there is none of these but the last, and memory stays below the limit. `--keep` copies what was wrong.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet

from benchmarks.hostile import (
    CONTAINERS,
    DAMAGES,
    IMAGES,
    PLAYLISTS,
    build_drawn_image,
    build_gif_bomb,
    write_drawn_video,
    write_odd_entries,
)
from benchmarks.origin import read_origin
from benchmarks.watch import Listener, Watch, serve
from ike_ray.storage.credentials import hide_credentials
from ike_ray.video.image_file import IMAGE_SUFFIXES
from ike_ray.video.manifest import VIDEO_SUFFIXES

NUM_FRAMES = 4
LIMIT_GB = 2.0
BATCH_FILES = 250
BATCH_LIMIT_S = 3600.0
STARTS = 4  # of a job whose Ray does not start
# A file that hangs is tried three times, so a hang costs three minutes. A storage that is busy costs some seconds.
LIMITS: dict[str, object] = {"workers.patience_s": "1", "workers.time_limit_s": "60", "workers.memory_gb": LIMIT_GB}
# The cheapest settings of each job. They test the way of a file, not the method, which takes ten times as long.
CHEAP: dict[str, dict[str, object]] = {
    "segment": {
        "video.working_size_px": "[32, 48]",
        "video.flow_area_px": "null",
        "flow.enlarged_area_px": "null",
        "flow.dis_effort": "quick",
        "graph.cue": "motion",
        "graph.saliency_stride": "null",
        "refine.sharpen": "none",
        "refine.edges": "none",
        "output.strip_frames": "1",
        "output.overlay_mp4": "true",
        "output.masks_png": "true",
    },
    "spectral": {
        "affinity.nodes": "patches",
        "affinity.grid_area_px": "400",
        "eigenvectors.num_vectors": "2",
        "mask.sharpen": "none",
        "output.strip_frames": "1",
    },
}
TASKS = ("segment", "regions", "localize")  # of spectral, in turn; a matte takes seconds
# The last two of this many batches, one of each job, have the settings that a user has who sets none.
PLAIN_EVERY = 20
# The values of these variables of the environment must not be seen.
PLANTED = ("SERVICE_KEY", "DB_PASSWD", "MY_CONNECTION_STRING", "AWS_SECRET_ACCESS_KEY")
STOPPED = ("CrashError", "TimeLimitError", "MemoryLimitError", "LostError")
# What a damaged file may become. If its bytes still decode, it is a video like others.
ANY = frozenset({"ok", "InputError", "ExcludedError", *STOPPED})
BAD, OUT, GOOD, LATER = (frozenset({name}) for name in ("InputError", "ExcludedError", "ok", "TransientError"))


@dataclass(kw_only=True)
class Batch:
    """What a job is asked for, and what may become of each file, by its URI as rows show it."""

    job: str
    source: str
    settings: Mapping[str, object]
    expected: dict[str, frozenset[str]] = field(default_factory=dict)
    shown_alike: Counter[str] = field(default_factory=Counter)  # names that differ only in a byte that is no letter
    secrets: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Places:
    """What a batch may point to."""

    private: Path  # a video in a watched folder
    silent_port: int  # of a socket that must hear nothing
    server_port: int  # of a web server: see `watch.serve`


def build_batch(number: int, folder: Path, num_files: int, rng: random.Random, places: Places) -> Batch:
    """Write the files of the batch of that number. Each job has one batch in a folder, and then one in a manifest."""
    videos = folder / "videos"
    videos.mkdir(parents=True)
    job = list(CHEAP)[number % 2]
    batch = Batch(job=job, source=str(videos), settings=choose_settings(job, number))
    kinds = [suffix for suffix in (*CONTAINERS, *IMAGES) if batch.job == "spectral" or suffix in CONTAINERS]
    drawn = {suffix: _draw(videos / f"whole.{suffix}", rng) for suffix in kinds}
    for suffix in kinds:
        batch.expected[str(videos / f"whole.{suffix}")] = GOOD
    for index in range(max(0, num_files - len(drawn))):
        path, data, allowed = _draw_one(videos, index, kinds, drawn, rng, places)
        path.write_bytes(data)
        batch.expected[str(path)] = allowed
    if number % 4 in (1, 2):
        _add_manifest(batch, folder, rng, places)
    else:
        _add_odd_entries(batch, videos, drawn["mp4"])
    return batch


def choose_settings(job: str, number: int) -> dict[str, object]:
    """Return the settings of the batch of that number."""
    is_plain = number % PLAIN_EVERY >= PLAIN_EVERY - 2
    task = {"task": TASKS[number // 2 % len(TASKS)]} if job == "spectral" else {}
    return LIMITS | task | ({} if is_plain else CHEAP[job])


def _draw(path: Path, rng: random.Random) -> bytes:
    tags = {"title": rng.choice((b"Caf\xe9", b"\xcf\xf0\xe8\xe2\xe5\xf2", b"\xff\xfe\x00", b"plain"))}
    if path.suffix[1:] in CONTAINERS:
        write_drawn_video(path, NUM_FRAMES, tags=tags)
    else:
        path.write_bytes(build_drawn_image(path.suffix[1:]))
    return path.read_bytes()


def _draw_one(
    folder: Path, index: int, kinds: Sequence[str], drawn: Mapping[str, bytes], rng: random.Random, places: Places
) -> tuple[Path, bytes, frozenset[str]]:
    """Return where a file goes, what it holds, and what may become of it."""
    suffix = rng.choice(kinds)
    path = folder / rng.choice(("", "sub", "sub/deeper")) / f"{index:04d}.{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    match rng.choices(("damaged", "playlist", "other", "bomb", "noise"), (70, 15, 8, 2, 5))[0]:
        case "playlist":
            text = rng.choice(list(PLAYLISTS.values())).format(target=places.private, port=places.silent_port)
            return path, text.encode(), BAD
        case "other":  # a file under the name of another format, as people do: FFmpeg and Pillow look inside
            return path, drawn[rng.choice(list(drawn))], ANY
        case "bomb":  # FFmpeg itself takes the largest for broken
            side_px = rng.choice((9_000, 12_000, 40_000))
            return path.with_suffix(".gif"), build_gif_bomb(side_px), OUT if side_px < 16_000 else BAD
        case "noise":
            return path, rng.randbytes(rng.choice((0, 1, 100, 5000))), ANY
    data = drawn[suffix]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(DAMAGES)(data, rng) if data else data
    return path, data, ANY


def _add_odd_entries(batch: Batch, folder: Path, video: bytes) -> None:
    odd = folder / "odd"
    odd.mkdir()
    write_odd_entries(odd, video)
    suffixes = (*VIDEO_SUFFIXES, *(IMAGE_SUFFIXES if batch.job == "spectral" else ()))
    for path in odd.rglob("*"):
        if path.name.endswith(suffixes):
            uri = hide_credentials(str(path))
            batch.shown_alike[uri] += uri in batch.expected
            batch.expected[uri] = GOOD if path.is_file() else BAD


def _add_manifest(batch: Batch, folder: Path, rng: random.Random, places: Places) -> None:
    """Name all files in a manifest of any kind, and places that refuse, are busy, or are none."""
    secrets = [f"planted{rng.getrandbits(64):016x}" for _ in range(4)]
    server = f"http://{{user}}127.0.0.1:{places.server_port}"
    signed = f"?X-Amz-Signature={secrets[0]}&X-Amz-Credential={secrets[1]}"
    rows = batch.expected | {
        f"{server.format(user='')}/whole.mp4{signed}": GOOD,
        f"{server.format(user=f'me:{secrets[2]}@')}/other.mp4": GOOD,
        f"{server.format(user=f'u:a/{secrets[2]}@')}/slash.mp4": ANY | LATER,
        f"{server.format(user='')}/list.m3u8?jwt={secrets[3]}": BAD,
        f"{server.format(user='')}/403.mp4{signed}": BAD,
        f"{server.format(user='')}/404.mp4?token={secrets[3]}": BAD,
        f"{server.format(user='')}/503.mp4?sas={secrets[3]}": LATER,
        f"http://127.0.0.1:1/refused.mp4?pwd={secrets[3]}": LATER,
        "foo://nowhere/a.mp4": BAD,
        "http://[broken/a.mp4": BAD,
        f"{folder}/gone.mp4": BAD,
        f"{folder}/a::b.mp4": BAD,
        f"memory://nothing/a.mp4?secret={secrets[3]}": BAD,
    }
    uris = list(rows)
    rng.shuffle(uris)
    batch.expected, batch.secrets = {hide_credentials(uri): rows[uri] for uri in uris}, secrets
    batch.source = str(folder / rng.choice(("list.csv", "list.parquet")))
    if batch.source.endswith(".parquet"):
        kind = rng.choice((pa.string(), pa.binary(), pa.large_string()))
        pyarrow.parquet.write_table(pa.table({"uri": pa.array(uris, pa.string()).cast(kind)}), batch.source)
        return
    delimiter, encoding = rng.choice((",", ";", "\t")), rng.choice(("utf-8", "utf-8-sig", "utf-16"))
    lines = [delimiter.join(("uri", "note")), *(delimiter.join((f'"{uri}"', "x")) for uri in uris)]
    Path(batch.source).write_bytes("\n".join(lines).encode(encoding))


def list_command(batch: Batch, run: Path) -> list[str]:
    """Return the job as a user types it."""
    settings = [part for name, value in batch.settings.items() for part in ("--set", f"{name}={value}")]
    return [sys.executable, "-m", "ike_ray.cli", batch.job, batch.source, "--out", str(run), *settings]


def run_job(batch: Batch, run: Path, log: Path, environment: Mapping[str, str]) -> tuple[int, float]:
    """Run the job. Return its exit code and the gigabytes that its largest process of a worker took.

    Ray gives itself half a minute to start, which a machine with other work may not hold: then no file was looked at, and the
    job is run again.
    """
    for _ in range(STARTS - 1):
        code, memory_gb = _run_once(batch, run, log, environment)
        if code == 0 or b"timed out during startup" not in log.read_bytes():
            return code, memory_gb
    return _run_once(batch, run, log, environment)


def _run_once(batch: Batch, run: Path, log: Path, environment: Mapping[str, str]) -> tuple[int, float]:
    most, started_s = 0, time.monotonic()
    with log.open("wb") as stream:
        job = subprocess.Popen(list_command(batch, run), env=dict(environment), stdout=stream, stderr=stream)
        try:
            while job.poll() is None:
                most = max([most, *_list_sizes(job.pid)])
                if time.monotonic() - started_s > BATCH_LIMIT_S:
                    raise SystemExit(f"the job did not end in {BATCH_LIMIT_S:.0f} s: see {log}")
                time.sleep(0.3)
        finally:
            if job.poll() is None:
                job.kill()
                job.wait()
    return job.returncode, most / 1e9


def _list_sizes(pid: int) -> Iterator[int]:
    """Yield the bytes of the processes that work on files for the workers of a job."""
    try:
        for process in psutil.Process(pid).children(recursive=True):
            try:
                if "ike_ray.engine.process" in process.cmdline():
                    yield process.memory_info().rss
            except psutil.Error:
                continue
    except psutil.Error:
        return


def read_rows(run: Path) -> list[dict[str, object]]:
    """Return the outcome rows of a run, as any reader of Parquet sees them."""
    return [row for path in sorted(run.glob("outcomes/*.parquet")) for row in pyarrow.parquet.read_table(path).to_pylist()]


def compare(batch: Batch, rows: Sequence[Mapping[str, object]]) -> dict[str, list[str]]:
    """Return the files that have no row, several, or one of a class that does not fit, and those that were stopped."""
    counts = Counter(str(row["uri"]) for row in rows)
    classes = {str(row["uri"]): str(row["error_type"] or row["status"]) for row in rows}
    return {
        "lost": [uri for uri in batch.expected if uri not in counts],
        "doubled": [uri for uri, n in counts.items() if uri not in batch.expected or n != 1 + batch.shown_alike[uri]],
        "wrong": [
            f"{uri}: {classes[uri]} instead of {', '.join(sorted(allowed))}"
            for uri, allowed in batch.expected.items()
            if uri in classes and classes[uri] not in allowed
        ],
        "stopped": [f"{uri}: {name}" for uri, name in classes.items() if name in STOPPED],
    }


def find_secrets(secrets: Sequence[str], places: Sequence[Path]) -> list[str]:
    """Return the files below `places` that hold one of `secrets` in their name, their content or a cell of a table."""
    wanted, found = [secret.encode() for secret in secrets], []
    files = [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("*")))]
    for path in files:
        data = str(path).encode(errors="surrogateescape")
        if path.is_file():
            data += path.read_bytes()
            if path.suffix == ".parquet":
                data += json.dumps(pyarrow.parquet.read_table(path).to_pylist(), default=str).encode()
        found += [f"{path}: {secret[:10].decode()}..." for secret in wanted if secret in data]
    return found


def run_batch(seed: int, number: int, num_files: int, folder: Path, keep: Path | None) -> dict[str, Any]:
    """Build a batch, run its job and check it. Return the counts, also those of rows by class."""
    rng = random.Random(f"{seed}-{number}")
    private = folder / "elsewhere" / "private.mp4"
    private.parent.mkdir(parents=True)
    write_drawn_video(private, NUM_FRAMES)
    planted = {name: f"planted{rng.getrandbits(64):016x}" for name in PLANTED}
    with ExitStack() as stack:
        listener = stack.enter_context(Listener())
        playlist = PLAYLISTS["hls"].format(target=private, port=listener.port).encode()
        port = stack.enter_context(serve(private.read_bytes(), playlist))
        places = Places(private=private, silent_port=listener.port, server_port=port)
        batch = build_batch(number, folder, num_files, rng, places)
        watch = stack.enter_context(Watch(private.parent))
        # A socket's path has 107 characters at most, so Ray's folder is not below this one.
        rays = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)))
        environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
        environment |= {"RAY_AUTH_MODE": "disabled", "RAY_TMPDIR": str(rays), **planted}
        code, memory_gb = run_job(batch, folder / "run", folder / "log", environment)
        rows = read_rows(folder / "run")
        faults = compare(batch, rows)
        faults["outside"] = [f"{name} was opened" for name in watch.list_opened()]
        faults["outside"] += ["a silent socket was asked"] * listener.count()
        logs = [path for path in rays.rglob("*") if path.name.startswith(("worker-", "job-driver"))]
        faults["secrets"] = find_secrets([*batch.secrets, *planted.values()], [folder / "run", folder / "log", *logs])
    faults["failed"] = [] if code == 0 else [f"the job ended with {code}"]
    faults["large"] = [] if memory_gb <= LIMIT_GB else [f"a process took {memory_gb:.1f} GB"]
    if keep is not None and any(faults.values()):
        kept = keep / f"{seed}-{number}"
        shutil.copytree(folder, kept, symlinks=True, ignore=shutil.ignore_patterns("pipe.*"), dirs_exist_ok=True)
        (kept / "faults.json").write_text(json.dumps(faults, indent=1))
    counts = {name: len(found) for name, found in faults.items()}
    source = Path(batch.source).name
    return {
        "batch": number,
        "job": batch.job,
        "source": source,
        "files": len(batch.expected),
        "memory_gb": round(memory_gb, 2),
        **counts,
        "classes": dict(sorted(Counter(str(row["error_type"] or row["status"]) for row in rows).items())),
    }


def main() -> None:
    """Run the batches, and print a line of JSON for each and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first batch: goes on where a run was stopped")
    parser.add_argument("--batch", type=int, default=BATCH_FILES, help="files of one job")
    parser.add_argument("--keep", type=Path, help="a folder for batches in which something was wrong")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    results: list[dict[str, Any]] = []
    started_s = time.monotonic()
    while sum(result["files"] for result in results) < arguments.files:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            num_files = min(arguments.batch, arguments.files - sum(result["files"] for result in results))
            number = arguments.first + len(results)
            results.append(run_batch(arguments.seed, number, num_files, Path(folder), arguments.keep))
        print(json.dumps(results[-1]), flush=True)
    names = ("files", "lost", "doubled", "wrong", "outside", "secrets", "failed", "large", "stopped")
    total = {name: sum(result[name] for result in results) for name in names}
    classes: Counter[str] = sum((Counter(result["classes"]) for result in results), Counter())
    memory_gb = max(result["memory_gb"] for result in results)
    hours = round((time.monotonic() - started_s) / 3600, 2)
    print(json.dumps({"total": total, "classes": dict(sorted(classes.items())), "memory_gb": memory_gb, "hours": hours}))
    sys.exit(any(total[name] for name in names if name not in ("files", "stopped")))


if __name__ == "__main__":
    main()

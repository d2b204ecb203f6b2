"""What a node needs to keep its workers busy, from what the videos of a sample took."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from ike_ray.config import WorkersConfig
from ike_ray.corpus.plan import list_video_sizes
from ike_ray.errors import ConfigError
from ike_ray.records import STAGES, VideoRef
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import is_folder, is_local, list_sizes, read_size


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What the videos of a sample took from the machine, with one worker's share of it."""

    seconds: float  # the worker's seconds a frame
    cpu_s: float  # the processor seconds a frame, of all threads of the worker's process
    read_bytes: float | None  # the bytes of the video a frame, or None if no storage says its videos' sizes
    written_bytes: float  # the bytes a frame that the run keeps
    peak_mb: float  # the peak resident memory of a worker's process, in 10^6 bytes
    gpu_peak_mb: float | None  # the peak memory of a worker's tensors on the GPU, in 10^6 bytes; None without a GPU
    largest_copy_bytes: float  # the size of the largest video in object storage, of which a worker holds a copy


@dataclass(frozen=True, kw_only=True)
class NodeNeeds:
    """What a node with so many workers does and needs, if none of them waits for another."""

    num_workers: int
    frames_per_s: float
    busy_cores: float  # the mean number of cores that compute
    reserved_cores: int  # the cores that Ray sets aside for the workers
    memory_gb: float
    gpu_memory_gb: float | None  # of one GPU; None if the sample ran without one
    read_mb_per_s: float | None
    written_mb_per_s: float
    copies_gb: float  # local disk for the copies of videos that come from object storage


def measure_usage(run: RunFolder, refs: Sequence[VideoRef]) -> Usage:
    """Return what the segmented videos of a run took. Raises `ConfigError` if their rows have no profile.

    It raises `InputError` and `TransientError` if a video is gone or its storage does not answer.

    Seconds, processor seconds and bytes are sums over the videos, divided by the sum of their frames.
    """
    table = run.read_outcomes(["video_id", "status", "frames", "profile", *(f"seconds_{stage}" for stage in STAGES)])
    rows = table.filter(pc.and_(pc.equal(table["status"], "ok"), pc.is_valid(table["profile"]))).to_pylist()
    if not rows:
        raise ConfigError(
            f"cannot tell what a node needs from {run.file('outcomes')}: expected rows with a profile, found none. Plan into "
            "another folder, or without --out"
        )
    frames = sum(row["frames"] for row in rows)
    stages = [stage for row in rows for stage in row["profile"]]
    gpu_peaks = [stage["gpu_peak_mb"] for stage in stages if stage["gpu_peak_mb"] is not None]
    done = {row["video_id"] for row in rows}
    sizes = {ref.video_id: _find_size(ref.uri) for ref in refs if ref.video_id in done}
    known = {video_id: size for video_id, size in sizes.items() if size is not None}
    known_frames = sum(row["frames"] for row in rows if row["video_id"] in known)
    return Usage(
        seconds=sum(row[f"seconds_{stage}"] for row in rows for stage in STAGES) / frames,
        cpu_s=sum(stage["cpu_s"] for stage in stages) / frames,
        read_bytes=sum(known.values()) / known_frames if known_frames else None,
        written_bytes=float(np.sum(list_video_sizes(run, sorted(done)))) / frames,
        peak_mb=max(stage["peak_mb"] for stage in stages),
        gpu_peak_mb=max(gpu_peaks) if gpu_peaks else None,
        largest_copy_bytes=max((known.get(ref.video_id, 0.0) for ref in refs if not is_local(ref.uri)), default=0.0),
    )


def count_workers(config: WorkersConfig, num_gpus: int) -> int:
    """Return how many workers so many GPUs hold. Raises `ConfigError` if the workers compute on CPUs."""
    if config.num_gpus == 0:
        raise ConfigError(
            "cannot plan a node with GPUs: expected workers that compute on GPUs, found workers.num_gpus = 0. Choose "
            "settings for GPUs, such as --config gpu, or leave out --gpu"
        )
    return int(num_gpus // config.num_gpus) if config.num_gpus >= 1 else num_gpus * int(1 / config.num_gpus)


def estimate_node(usage: Usage, config: WorkersConfig, num_workers: int) -> NodeNeeds:
    """Return what a node with `num_workers` workers needs. Each of them works as the sample's did."""
    frames_per_s = num_workers / usage.seconds
    num_sharing = max(1, int(1 / config.num_gpus)) if config.num_gpus else 1
    return NodeNeeds(
        num_workers=num_workers,
        frames_per_s=frames_per_s,
        busy_cores=frames_per_s * usage.cpu_s,
        reserved_cores=num_workers * config.num_cpus,
        memory_gb=num_workers * usage.peak_mb / 1e3,
        gpu_memory_gb=None if usage.gpu_peak_mb is None else usage.gpu_peak_mb / 1e3 * num_sharing,
        read_mb_per_s=None if usage.read_bytes is None else frames_per_s * usage.read_bytes / 1e6,
        written_mb_per_s=frames_per_s * usage.written_bytes / 1e6,
        copies_gb=num_workers * usage.largest_copy_bytes / 1e9,
    )


def _find_size(uri: str) -> float | None:
    """Return the bytes of a video or of a folder of frames, or None if its storage does not say."""
    return float(sum(list_sizes(uri).values()) if is_folder(uri) else read_size(uri)) or None

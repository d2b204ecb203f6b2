"""What a corpus will take, estimated from a sample of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from ike_ray.config import VideoConfig
from ike_ray.corpus.fill_run import fill_run
from ike_ray.corpus.filling_job import FillingJob
from ike_ray.engine.pool import Show, show_nothing
from ike_ray.errors import InputError
from ike_ray.records import STAGES, VideoRef
from ike_ray.run.folder import RunFolder
from ike_ray.run.tables import FRAME_SCHEMA, estimate_size
from ike_ray.storage.files import list_sizes, safe_path
from ike_ray.video.count import estimate_num_frames

# The number of bootstrap resamples, and the share of them that lies inside the interval.
_NUM_RESAMPLES = 2000
_COVERAGE = 0.9
_SEED = 0  # draws the sample; the next seed draws the videos whose frames are counted


@dataclass(frozen=True, kw_only=True)
class Spread:
    """An estimate and the interval that holds 90 % of its bootstrap resamples."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the whole corpus will take, with the sample."""

    num_videos: int
    num_sampled: int  # the videos that were segmented
    num_counted: int  # the videos whose frames were counted
    num_failed: int  # the videos of the sample that failed
    frames: Spread
    worker_hours: Spread  # the time inside the method, of all workers together
    storage_gb: Spread


def choose_sample(refs: Sequence[VideoRef], size: int, seed: int) -> list[VideoRef]:
    """Return `size` videos of `refs`, drawn without replacement, in their order, or all if there are no more."""
    chosen = np.random.default_rng(seed).permutation(len(refs))[:size]
    return [refs[position] for position in sorted(chosen)]


def estimate_plan(
    job: FillingJob[Any],
    refs: Sequence[VideoRef],
    run: RunFolder,
    config: Any,
    *,
    sample: int,
    count: int,
    show: Show = show_nothing,
) -> Plan:
    """Estimate a corpus: carry `job` through `sample` videos of `refs` into `run`, and count the frames of `count` others.

    Time and storage are those of the sample for each frame, times the frames of the corpus. These are the mean frames of the
    counted videos, times the number of videos. The intervals are bootstraps over the sampled and the counted videos. They
    know nothing of videos unlike any of those. Raises `InputError` if the whole sample failed, and otherwise like `fill_run`.
    """
    chosen = choose_sample(refs, sample, _SEED)
    fill_run(job, chosen, run, config, show=show)
    columns = ["video_id", "status", "frames", *(f"seconds_{stage}" for stage in STAGES)]
    everything = run.read_outcomes(columns)
    outcomes = everything.filter(pc.is_in(everything["video_id"], value_set=pa.array([ref.video_id for ref in chosen])))
    good = outcomes.filter(pc.equal(outcomes["status"], "ok"))
    if good.num_rows == 0:
        raise InputError(
            f"cannot estimate from {len(chosen)} sampled videos: expected masks of some, found none. Look at the reasons in "
            f"{run.file('outcomes')}"
        )
    seconds = np.sum([good[f"seconds_{stage}"].to_numpy() for stage in STAGES], axis=0)
    num_bytes = list_video_sizes(run, good["video_id"].to_pylist())
    counted = _count_frames(choose_sample(refs, count, _SEED + 1), config.video)
    frames = good["frames"].to_numpy().astype(np.float64)
    return Plan(
        num_videos=len(refs),
        num_sampled=len(chosen),
        num_counted=len(counted),
        num_failed=outcomes.num_rows - good.num_rows,
        **estimate_totals(frames, seconds, num_bytes, counted if len(counted) else frames, len(refs)),
    )


def estimate_totals(
    frames: Float[np.ndarray, " n"],
    seconds: Float[np.ndarray, " n"],
    num_bytes: Float[np.ndarray, " n"],
    counted: Float[np.ndarray, " k"],
    num_videos: int,
) -> dict[str, Spread]:
    """Return frames, worker hours and gigabytes of `num_videos` videos, from n sampled videos and the frames of k counted."""
    rng = np.random.default_rng(0)
    picks = rng.integers(len(frames), size=(_NUM_RESAMPLES, len(frames)))
    means = counted[rng.integers(len(counted), size=(_NUM_RESAMPLES, len(counted)))].mean(axis=1) * num_videos
    total = counted.mean() * num_videos

    def estimate(amounts: Float[np.ndarray, " n"]) -> Spread:
        rates = amounts[picks].sum(axis=1) / frames[picks].sum(axis=1)
        return _build_spread(total * amounts.sum() / frames.sum(), means * rates)

    return {
        "frames": _build_spread(total, means),
        "worker_hours": estimate(seconds / 3600),
        "storage_gb": estimate(num_bytes / 1e9),
    }


def _build_spread(middle: float, resamples: Float[np.ndarray, " r"]) -> Spread:
    low, high = np.quantile(resamples, [(1 - _COVERAGE) / 2, (1 + _COVERAGE) / 2])
    return Spread(low=float(low), middle=float(middle), high=float(high))


def _count_frames(refs: Sequence[VideoRef], config: VideoConfig) -> Float[np.ndarray, " k"]:
    """Return the frames of the videos that promise any. A video that cannot be opened has none, since it takes no time."""
    counts = []
    for ref in refs:
        try:
            count = estimate_num_frames(ref.uri, config)
        except InputError:
            count = 0
        if count is not None:
            counts.append(float(count))
    return np.array(counts)


def list_video_sizes(run: RunFolder, video_ids: Sequence[str]) -> Float[np.ndarray, " n"]:
    """Return the bytes of each video's frame rows and of the files that bear its name."""
    sizes = list_sizes(run.uri)
    found = []
    for video_id in video_ids:
        marks = [f"/{run.video_name(video_id)}", f"/flow/{safe_path(video_id)}/"]
        pictures = [size for path, size in sizes.items() if "/inbox/" not in path and any(mark in path for mark in marks)]
        found.append(float(sum(pictures) + estimate_size(run.read_frames(video_id), FRAME_SCHEMA)))
    return np.array(found)

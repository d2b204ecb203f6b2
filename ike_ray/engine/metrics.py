"""Counters of a run, for Ray's dashboard and Prometheus: items by how they ended, tries, frames, and where time goes."""

from functools import cache
from typing import Any

from ray.util.metrics import Counter

_STAGE_PREFIX = "seconds_"


def count_outcome(outcome: dict[str, Any]) -> None:
    """Count an outcome row. Its columns `seconds_STAGE`, if it has some, say how long each stage took."""
    counters = _build_counters()
    counters["items"].inc(1, tags={"status": outcome["status"]})
    amounts = {
        "retries": (outcome.get("tries") or 1) - 1,
        "frames": outcome["frames"],
        "worker_seconds": outcome["seconds"],
    }
    for name, amount in amounts.items():
        if amount:  # a counter takes no zero
            counters[name].inc(amount)
    for column, seconds in outcome.items():
        if column.startswith(_STAGE_PREFIX) and seconds:
            counters["stage_seconds"].inc(seconds, tags={"stage": column.removeprefix(_STAGE_PREFIX)})


@cache
def _build_counters() -> dict[str, Counter]:
    return {
        "items": Counter("ike_ray_items", "Videos and images that have an outcome.", ("status",)),
        "retries": Counter("ike_ray_retries", "Tries beyond the first of items that have an outcome."),
        "frames": Counter("ike_ray_frames", "Frames of items that are ok."),
        "worker_seconds": Counter("ike_ray_worker_seconds", "Seconds that workers spent on items that have an outcome."),
        "stage_seconds": Counter("ike_ray_stage_seconds", "Seconds of each stage, of items that are ok.", ("stage",)),
    }

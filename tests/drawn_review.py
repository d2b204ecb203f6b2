"""Writes what a page saves after somebody looked at a run."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ike_ray.run.folder import RunFolder
from ike_ray.run.review_file import FORMAT, parse_review_file
from ike_ray.run.reviews import add_reviews

START = datetime(2026, 1, 1, tzinfo=UTC)


def build_review(run: RunFolder, verdicts: Mapping[str, str | list[str]], *, minute: int = 0) -> dict[str, Any]:
    """The verdict of each video: accepted, withdrawn, or the list of reasons for which it is rejected."""
    finished = {row["video_id"]: str(row["finished"]) for row in run.read_outcomes(["video_id", "finished"]).to_pylist()}
    reviews = [
        {
            "video_id": video_id,
            "finished": finished.get(video_id, str(START)),
            "verdict": verdict if isinstance(verdict, str) else "rejected",
            "reasons": [] if isinstance(verdict, str) else verdict,
            "reviewed": (START + timedelta(minutes=minute)).isoformat(),
        }
        for video_id, verdict in verdicts.items()
    ]
    return {"format": FORMAT, "run": "run", "config_digest": run.digest, "reviews": reviews}


def write_review(path: Path, run: RunFolder, verdicts: Mapping[str, str | list[str]], *, minute: int = 0) -> str:
    path.write_text(json.dumps(build_review(run, verdicts, minute=minute)))
    return str(path)


def add_verdicts(run: RunFolder, verdicts: Mapping[str, str | list[str]], *, minute: int = 0) -> int:
    """The same put into the run."""
    data = json.dumps(build_review(run, verdicts, minute=minute)).encode()
    return add_reviews(run, parse_review_file(data, "review.json"))

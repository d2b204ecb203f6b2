"""The folder of a student: what it was trained on and with, and what came of it.

MODEL/model.yaml            settings, their digest, the runs and theirs, versions; once it is trained also scores and the
                            digest of the weights
MODEL/videos.parquet        the videos, and which of them are held out
MODEL/progress.parquet      one row for each report: step, loss, agreement with masks of held-out videos, samples a second
MODEL/unread/NAME.json      a video that could not be read, and why
MODEL/checkpoints/          what a killed training goes on from; it may be removed once the training has ended
MODEL/weights.safetensors   the network
MODEL/README.md             a card for people
"""

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import yaml

from ike_ray.config import TrainConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.run.description import read_record, read_run_description
from ike_ray.run.segmented import MaskedVideo
from ike_ray.run.tables import build_field, read_table, write_table
from ike_ray.settings import build_config, config_digest, config_values, list_differences
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.files import is_file, join_uri, list_folder, read_bytes, safe_name, write_bytes
from ike_ray.student.card import render_card
from ike_ray.student.videos import VIDEOS_SCHEMA, TrainingVideos, list_training_videos, read_training_videos
from ike_ray.version import __version__

PROGRESS_SCHEMA = pa.schema(
    [
        build_field("step", pa.int64(), "how many gradient steps are done", nullable=False),
        build_field("loss", pa.float64(), "the mean loss of the steps since the row before", nullable=False),
        build_field(
            "held_out_iou",
            pa.float64(),
            "the mean IoU of the student's masks with those of held-out videos; null if none is held out or can be read",
        ),
        build_field(
            "samples_per_s",
            pa.float64(),
            "the frames a second that all workers learned since the row before, without the time of reports",
            nullable=False,
        ),
        build_field("seconds", pa.float64(), "the seconds of the training so far, with its reports", nullable=False),
    ]
)
_PACKAGES = ("torch", "ray", "numpy", "safetensors")


def create_model(uri: str, config: TrainConfig, runs: Sequence[str]) -> TrainingVideos:
    """Return the videos of the student at `uri`, which is new, or whose training is to go on with the same videos.

    Raises `ConfigError` if the folder has a student of other settings or runs, naming the differences, or is a run's.
    """
    if is_file(join_uri(uri, "run.yaml")):
        raise ConfigError(f"{uri} is a run's folder: expected a new folder for a student, or a student's. Use another --out")
    sources = [{"run": hide_credentials(run), "digest": read_run_description(run)["config_digest"]} for run in runs]
    if is_file(join_uri(uri, "model.yaml")):
        _refuse_other(uri, config, sources)
        return read_videos(uri)
    videos = list_training_videos(runs, config.samples, config.seed)
    write_table(join_uri(uri, "videos.parquet"), videos.list_rows(), VIDEOS_SCHEMA)
    _write_description(uri, _describe(config, sources, videos))
    return videos


def read_videos(uri: str) -> TrainingVideos:
    """Return the videos of the student at `uri`."""
    return read_training_videos(read_table(join_uri(uri, "videos.parquet"), VIDEOS_SCHEMA).to_pylist())


def read_description(uri: str) -> dict[str, Any]:
    """Return what model.yaml says. Raises `InputError` if there is none, or it is not what `ike-ray train` writes."""
    source = join_uri(uri, "model.yaml")
    if not is_file(source):
        raise InputError(
            f"{uri} is not a student's folder: expected what `ike-ray train` fills, found no model.yaml in it. Check the path"
        )
    return read_record(source, ("config", "config_digest", "data"))


def is_trained(uri: str) -> bool:
    """Return whether the training of the student at `uri` has ended."""
    return "weights_digest" in read_description(uri)


def read_progress(uri: str) -> list[dict[str, Any]]:
    """Return the rows of progress.parquet. There are none before the first report."""
    source = join_uri(uri, "progress.parquet")
    return read_table(source, PROGRESS_SCHEMA).to_pylist() if is_file(source) else []


def write_progress(uri: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write all rows of progress.parquet."""
    write_table(join_uri(uri, "progress.parquet"), rows, PROGRESS_SCHEMA)


def write_unread(uri: str, video: MaskedVideo, error: Exception) -> None:
    """Note once that a video could not be read, however often it is tried."""
    name = f"{safe_name(video.video_id, longest=60)}-{hashlib.sha256(video.uri.encode()).hexdigest()[:8]}.json"
    values = {"video_id": video.video_id, "error": hide_credentials(str(error))}
    write_bytes(join_uri(uri, "unread", name), json.dumps(values).encode())


def read_unread(uri: str) -> dict[str, str]:
    """Return why videos could not be read, by their ids."""
    notes = [json.loads(read_bytes(note)) for note in list_folder(join_uri(uri, "unread")) if note.endswith(".json")]
    return {note["video_id"]: note["error"] for note in notes}


def write_trained(uri: str, weights: bytes) -> None:
    """Write the weights, the card, and last what says that they are there."""
    progress, unread = read_progress(uri), read_unread(uri)
    last = progress[-1]
    scores = {name: last[name] for name in ("step", "loss", "held_out_iou")}
    scores |= {"seconds": round(last["seconds"], 1), "unread_videos": len(unread)}
    write_bytes(join_uri(uri, "weights.safetensors"), weights)
    description = read_description(uri) | {"weights_digest": build_weights_digest(weights), "scores": scores}
    write_bytes(join_uri(uri, "README.md"), render_card(description).encode())
    _write_description(uri, description)


def build_weights_digest(weights: bytes) -> str:
    """Return 12 hexadecimal digits that stand for the file of weights."""
    return hashlib.sha256(weights).hexdigest()[:12]


def _refuse_other(uri: str, config: TrainConfig, sources: list[dict[str, str]]) -> None:
    description = read_description(uri)
    differences = []
    if description["config_digest"] != config_digest(config):
        old = build_config(TrainConfig, description["config"], source=join_uri(uri, "model.yaml"))
        differences += list_differences(old, config)
    old_sources = description["data"]["runs"]
    differences += [f"RUN: {_name(old_sources)} -> {_name(sources)}"] if old_sources != sources else []
    if differences:
        raise ConfigError(
            f"{uri} holds a student with other settings: {'; '.join(differences)}. "
            "Use another --out, or the old settings to go on with that one"
        )


def _name(sources: list[dict[str, str]]) -> str:
    return ", ".join(f"{source['run']} ({source['digest']})" for source in sources)


def _describe(config: TrainConfig, sources: list[dict[str, str]], videos: TrainingVideos) -> dict[str, Any]:
    return {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": {
            "runs": sources,
            "videos": len(videos.learned),
            "frames": sum(video.frames for video in videos.learned),
            "held_out_videos": len(videos.held_out),
        },
        "config_digest": config_digest(config),
        "versions": {
            "ike_ray": __version__,
            "python": platform.python_version(),
            **{package: importlib.metadata.version(package) for package in _PACKAGES},
        },
        "config": config_values(config),
    }


def _write_description(uri: str, description: dict[str, Any]) -> None:
    write_bytes(join_uri(uri, "model.yaml"), hide_credentials(yaml.safe_dump(description, sort_keys=False)).encode())

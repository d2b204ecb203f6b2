"""The layout of a run folder, which answers what was asked, what is done, what failed and why.

    RUN/run.yaml                     settings, their digest, versions, input
    RUN/outcomes/NAME.parquet        one row a video
    RUN/frames/NAME.parquet          one row a frame
    RUN/strips/NAME.jpg              a strip of overlays for the report
    RUN/masks/NAME/00000.png         on request, and so soft/NAME/00000.png, overlays/NAME.mp4, flow/VIDEO_ID/fwd_of/...
    RUN/metrics/*.parquet            what `evaluate` found, with RUN/summary.json
    RUN/report.html                  what `report` made

NAME is fixed by the video's id and the digest of the settings: a readable part and 16 hexadecimal digits.
"""

import hashlib
import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import yaml

from ike_ray import __version__
from ike_ray.config import Config
from ike_ray.errors import ConfigError, InputError
from ike_ray.records import VideoRef
from ike_ray.settings import build_config, config_digest, config_values, list_differences
from ike_ray.storage.files import is_file, join_uri, read_bytes, safe_name, write_bytes
from ike_ray.storage.tables import FRAME_SCHEMA, OUTCOME_SCHEMA, read_folder, read_table, write_table

_PACKAGES = ("torch", "ray", "numpy", "opencv-python-headless", "av", "pyarrow")


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """A run's folder and the digest of the settings that its files belong to."""

    uri: str
    digest: str

    def video_name(self, video_id: str) -> str:
        """The name that all files of a video carry."""
        identity = hashlib.sha256(f"{self.digest}\n{video_id}".encode()).hexdigest()[:16]
        return f"{safe_name(video_id, longest=60)}-{identity}"

    def file(self, *names: str) -> str:
        """URI of a file or folder below the run's."""
        return join_uri(self.uri, *names)

    def write_frames(self, video_id: str, rows: Sequence[dict[str, Any]]) -> None:
        """Writes the frame rows of one video."""
        write_table(self.file("frames", f"{self.video_name(video_id)}.parquet"), rows, FRAME_SCHEMA)

    def write_outcome(self, row: dict[str, Any]) -> None:
        """Writes the outcome row of one video: the last thing written for it, since it says that the rest is there."""
        write_table(self.file("outcomes", f"{self.video_name(row['video_id'])}.parquet"), [row], OUTCOME_SCHEMA)

    def read_outcomes(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The outcome rows that exist."""
        return read_folder(self.file("outcomes"), OUTCOME_SCHEMA, columns)

    def read_frames(self, video_id: str) -> list[dict[str, Any]]:
        """The frame rows of one video, in order. Raises `InputError` where there are none."""
        uri = self.file("frames", f"{self.video_name(video_id)}.parquet")
        if not is_file(uri):
            raise InputError(
                f"there are no frame rows of {video_id} at {uri}. To make them again, remove the video's file in outcomes/ "
                "and run `ike-ray segment` again"
            )
        return read_table(uri, FRAME_SCHEMA).to_pylist()


def read_run_description(uri: str) -> dict[str, Any]:
    """What `run.yaml` says. Raises `InputError` where there is no run, or the file is not what a run writes."""
    source = join_uri(uri, "run.yaml")
    if not is_file(source):
        raise InputError(f"{uri} is not a run folder: expected what `ike-ray segment --out` wrote, found no run.yaml in it")
    try:
        description = yaml.safe_load(read_bytes(source))
    except yaml.YAMLError as error:
        raise InputError(f"cannot read {source}: it is not YAML. {error}") from error
    if not isinstance(description, dict) or not {"config", "config_digest"} <= description.keys():
        raise InputError(f"cannot use {source}: expected the settings of a run and their digest, found none")
    return description


def open_run(uri: str) -> RunFolder:
    """An existing run. Raises `InputError` like `read_run_description`."""
    return RunFolder(uri=uri, digest=read_run_description(uri)["config_digest"])


def create_run(uri: str, config: Config, source: str, num_videos: int) -> RunFolder:
    """The run at `uri` for these settings: a new one, or the existing one to be continued.

    Raises `ConfigError` where the folder holds outcomes of settings that give other masks, naming the differences.
    """
    run = RunFolder(uri=uri, digest=config_digest(config))
    if is_file(run.file("run.yaml")):
        description = read_run_description(uri)
        if description["config_digest"] != run.digest and open_run(uri).read_outcomes(["status"]).num_rows:
            old_config = build_config(description["config"], source=run.file("run.yaml"))
            raise ConfigError(
                f"{uri} holds a run with other settings: {'; '.join(list_differences(old_config, config))}. "
                "Use another --out, or the old settings to continue that run"
            )
    write_bytes(run.file("run.yaml"), _describe_run(run, config, source, num_videos).encode())
    return run


def _describe_run(run: RunFolder, config: Config, source: str, num_videos: int) -> str:
    description = {
        "input": source,
        "videos": num_videos,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "config_digest": run.digest,
        "versions": {
            "ike_ray": __version__,
            "python": platform.python_version(),
            **{package: importlib.metadata.version(package) for package in _PACKAGES},
        },
        "config": config_values(config),
    }
    return yaml.safe_dump(description, sort_keys=False)


def list_missing(run: RunFolder, refs: Sequence[VideoRef], *, retry_failed: bool) -> list[VideoRef]:
    """The videos that have no outcome row yet; with `retry_failed` also those that failed or were skipped.

    Raises `ConfigError` where the run holds a video of the same id from another place.
    """
    outcomes = {row["video_id"]: row for row in run.read_outcomes(["video_id", "uri", "status"]).to_pylist()}
    for ref in refs:
        if ref.video_id in outcomes and outcomes[ref.video_id]["uri"] != ref.uri:
            raise ConfigError(
                f"{run.uri} already holds a video {ref.video_id!r}, from {outcomes[ref.video_id]['uri']}, not {ref.uri}. "
                "Use another --out, or a manifest that gives the videos ids of their own"
            )
    done = {video_id for video_id, row in outcomes.items() if row["status"] == "ok" or not retry_failed}
    return [ref for ref in refs if ref.video_id not in done]

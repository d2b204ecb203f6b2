"""`run.yaml` and `manifest.parquet`: what a run was asked for, and with which settings."""

import importlib.metadata
import math
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from ike_ray.config import RunConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.records import VideoRef
from ike_ray.run.folder import RunFolder
from ike_ray.run.lease import hold_run
from ike_ray.run.tables import ASKED_SCHEMA, read_table, write_groups
from ike_ray.settings import build_config, config_digest, config_values, list_differences
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.files import check_reachable, is_file, join_uri, read_bytes, write_bytes
from ike_ray.version import __version__

_PACKAGES = ("torch", "ray", "numpy", "opencv-python-headless", "av", "pyarrow")


def read_run_description(uri: str) -> dict[str, Any]:
    """Return what `run.yaml` says. Raises `InputError` if there is no run, or the file is not what a run writes."""
    source = join_uri(uri, "run.yaml")
    if not is_file(source):
        raise InputError(
            f"{uri} is not a run folder: expected what a command wrote to its --out, found no run.yaml in it. Check the path"
        )
    return read_record(source, ("job", "config", "config_digest"))


def read_record(source: str, keys: Sequence[str]) -> dict[str, Any]:
    """Return what a description in YAML says. Raises `InputError` if it is no YAML, or lacks one of `keys`."""
    try:
        record = yaml.safe_load(read_bytes(source))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"cannot read {source}: expected YAML, found otherwise: {error}. Put a copy back") from error
    if not isinstance(record, dict) or not set(keys) <= record.keys():
        raise InputError(f"cannot use {source}: expected the entries {', '.join(keys)}, found less. Put a copy back")
    return record


def open_run(uri: str) -> RunFolder:
    """Return an existing run. Raises `InputError` like `read_run_description`."""
    return RunFolder(uri=uri, digest=read_run_description(uri)["config_digest"])


def read_job(uri: str) -> str:
    """Return the name of the command that fills the run at `uri`. Raises `InputError` like `read_run_description`."""
    return read_run_description(uri)["job"]


def create_run(uri: str, config: RunConfig, source: str, refs: Sequence[VideoRef]) -> RunFolder:
    """Return the run at `uri` for these settings and videos: a new one, or the existing one to be continued.

    Videos are added to those that were asked for before. The run is held meanwhile, so that nothing is lost of what two
    commands ask for at once. Raises `ConfigError` if another process has the run, or if the folder holds outcomes of settings
    that give other masks. The message names the differences.
    """
    check_reachable(uri)
    patience_s = config.workers.patience_s
    run = RunFolder(uri=uri, digest=config_digest(config), patience_s=patience_s)
    with hold_run(run, patience_s=patience_s, upkeep=lambda: None, upkeep_every_s=math.inf):
        if is_file(run.file("run.yaml")):
            _refuse_other(run, config)
        asked = _add_asked(run, refs)
        write_groups(run.file("manifest.parquet"), [asked], ASKED_SCHEMA)
        write_bytes(run.file("run.yaml"), _describe_run(run, config, source, asked.num_rows).encode())
    return run


def _refuse_other(run: RunFolder, config: RunConfig) -> None:
    """Raise `ConfigError` if the run holds outcomes of other settings."""
    description = read_run_description(run.uri)
    if description["config_digest"] == run.digest or not open_run(run.uri).read_outcomes(["status"]).num_rows:
        return
    differences = _list_differences(description, config, run) or ["the version of a file that they name"]
    raise ConfigError(
        f"{run.uri} holds a run with other settings: {'; '.join(differences)}. "
        "Use another --out, or the old settings to continue that run"
    )


def _list_differences(description: dict[str, Any], config: RunConfig, run: RunFolder) -> list[str]:
    if description["job"] != config.job:
        return [f"job: {description['job']} -> {config.job}"]
    return list_differences(build_config(type(config), description["config"], source=run.file("run.yaml")), config)


def read_asked(run: RunFolder) -> pa.Table:
    """Return the videos that a run was asked for: video_id, and uri without credentials."""
    uri = run.file("manifest.parquet")
    return read_table(uri, ASKED_SCHEMA) if is_file(uri) else ASKED_SCHEMA.empty_table()


def _add_asked(run: RunFolder, refs: Sequence[VideoRef]) -> pa.Table:
    known = read_asked(run)
    columns = [[ref.video_id for ref in refs], [hide_credentials(ref.uri) for ref in refs]]
    asked = pa.table(columns, schema=ASKED_SCHEMA)
    new = asked.filter(pc.invert(pc.is_in(asked["video_id"], value_set=known["video_id"].combine_chunks())))
    return pa.concat_tables([known, new])


def _describe_run(run: RunFolder, config: RunConfig, source: str, num_videos: int) -> str:
    description = {
        "job": config.job,
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
    return hide_credentials(yaml.safe_dump(description, sort_keys=False))

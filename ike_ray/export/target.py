"""Where an export goes: a file that is not there yet, or a folder that holds nothing else."""

import hashlib
import json
from collections.abc import Collection
from typing import Any

from ike_ray.errors import ConfigError
from ike_ray.run.folder import RunFolder
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.files import is_file, is_folder, join_uri, list_folder, read_bytes, write_bytes
from ike_ray.version import __version__

_DESCRIPTION = "export.json"


def describe_export(run: RunFolder, to: str, accepted: Collection[str] | None = None) -> dict[str, Any]:
    """Return of which run an export is, and in which format.

    `accepted` has the ids of the videos that a person accepted if only those may be in it. A folder that holds an export of
    other accepted videos is then not continued: some of its videos may have been rejected since.
    """
    description = {
        "description": "Masks by ike_ray, found without labels",
        "version": __version__,
        "to": to,
        "run": hide_credentials(run.uri),
        "config_digest": run.digest,
    }
    if accepted is None:
        return description
    digest = hashlib.sha256("\n".join(sorted(accepted)).encode()).hexdigest()[:12]
    return description | {"only": f"{len(accepted)} videos that a person accepted, {digest}"}


def refuse_used_file(uri: str) -> None:
    """Raise `ConfigError` if there is something at `uri`."""
    if is_file(uri) or is_folder(uri):
        found = "a file" if is_file(uri) else "a folder"
        raise ConfigError(f"cannot export to {uri}: expected a new file, found {found}. Remove it or use another --out")


def claim_folder(uri: str, description: dict[str, Any]) -> str:
    """Make `uri` the folder of this export by a file `export.json` in it, and return it. Such a folder may be continued.

    Raises `ConfigError` if it holds something else, or another export.
    """
    source = join_uri(uri, _DESCRIPTION)
    if is_file(uri):
        raise ConfigError(f"cannot export to {uri}: expected a folder, found a file. Use another --out")
    if is_file(source):
        found = json.loads(read_bytes(source))
        keys = dict.fromkeys([*description, *found])
        pairs = [(key, found.get(key), description.get(key)) for key in keys]
        differences = [f"{key}: {old or 'all'} -> {new or 'all'}" for key, old, new in pairs if old != new]
        if differences:
            raise ConfigError(f"{uri} holds another export: {'; '.join(differences)}. Use another --out")
        return uri
    if list_folder(uri):
        raise ConfigError(
            f"cannot export to {uri}: expected a new or empty folder, found one with other files. Use another --out"
        )
    write_bytes(source, (json.dumps(description, indent=1) + "\n").encode())
    return uri

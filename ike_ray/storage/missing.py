"""Resume: which of the asked videos have no outcome yet."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ike_ray.errors import ConfigError
from ike_ray.records import VideoRef
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.run_folder import RunFolder


def list_missing(run: RunFolder, refs: Sequence[VideoRef]) -> list[VideoRef]:
    """The videos that have no outcome row yet, in their order.

    Raises `ConfigError` where the run holds a video of the same id from another place.
    """
    outcomes = run.read_outcomes(["video_id", "uri"])
    columns = [pa.array([ref.video_id for ref in refs], pa.string()), outcomes["video_id"].combine_chunks()]
    positions = pc.index_in(columns[0], value_set=columns[1])
    missing = []
    for ref, position in zip(refs, positions, strict=True):
        if not position.is_valid:
            missing.append(ref)
            continue
        held = outcomes["uri"][position.as_py()].as_py()
        if held != hide_credentials(ref.uri):
            raise ConfigError(
                f"{run.uri} already holds a video {ref.video_id!r}, from {held}, not {hide_credentials(ref.uri)}. "
                "Use another --out, or a manifest that gives the videos ids of their own"
            )
    return missing

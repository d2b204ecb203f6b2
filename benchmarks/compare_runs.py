"""Do two runs hold the same rows, to the last bit? A change of structure must not change a mask.

    python -m benchmarks.compare_runs RUN OTHER

Columns that tell of a machine, a moment or the settings' digest are left out. It ends with 1 if anything else differs.
"""

import argparse
import sys
from collections.abc import Sequence

import pyarrow as pa

from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.tables import FRAME_SCHEMA, OUTCOME_SCHEMA

_OF_THE_MOMENT = ("seconds", "finished", "host", "config_digest", "version", "profile", "history")
_TIMES_IN_HISTORY = ("graph_s", "network_s")


def main() -> None:
    """Read the arguments, compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("other")
    arguments = parser.parse_args()
    differences = compare_runs(open_run(arguments.run), open_run(arguments.other))
    print("\n".join(differences) or "the same outcome and frame rows, to the bit")
    sys.exit(1 if differences else 0)


def compare_runs(run: RunFolder, other: RunFolder) -> list[str]:
    """Return a line for each column of each video that differs."""
    outcomes = [_index(folder.read_outcomes()) for folder in (run, other)]
    if outcomes[0].keys() != outcomes[1].keys():
        return [f"videos differ: {sorted(outcomes[0].keys() ^ outcomes[1].keys())}"]
    columns = [name for name in OUTCOME_SCHEMA.names if not name.startswith(_OF_THE_MOMENT)]
    lines = []
    for video_id, row in outcomes[0].items():
        theirs = outcomes[1][video_id]
        lines += _compare(f"{video_id}: outcome", row, theirs, columns)
        if _hide_times(row["history"]) != _hide_times(theirs["history"]):
            lines.append(f"{video_id}: outcome: history differs")
        if row["status"] == "ok":
            frames = [folder.read_frames(video_id) for folder in (run, other)]
            for own, their in zip(*frames, strict=True):
                lines += _compare(f"{video_id}: frame {own['frame_index']}", own, their, FRAME_SCHEMA.names)
    return lines


def _index(table: pa.Table) -> dict[str, dict]:
    return {row["video_id"]: row for row in table.to_pylist()}


def _compare(place: str, row: dict, other: dict, columns: Sequence[str]) -> list[str]:
    return [f"{place}: {name} differs" for name in columns if row[name] != other[name]]


def _hide_times(history: list[dict] | None) -> list[dict]:
    return [{key: value for key, value in record.items() if key not in _TIMES_IN_HISTORY} for record in history or ()]


if __name__ == "__main__":
    main()

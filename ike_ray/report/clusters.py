"""What the page says of the clusters of a run, as plain values for its script."""

from typing import Any

from ike_ray.storage.files import is_file
from ike_ray.storage.run_folder import RunFolder
from ike_ray.storage.semantics import read_clusters, read_names, read_summary, sheet_names

# Contact sheets of more clusters would make a page that nobody looks through.
_MOST_CLUSTERS = 200


def describe_clusters(run: RunFolder) -> dict[str, Any] | None:
    """The largest clusters with names, counts and the paths of their contact sheets, and a caption; None without clusters.

    Raises `InputError` where names.csv cannot be read.
    """
    summary = read_summary(run)
    if summary is None:
        return None
    names = read_names(run)
    rows = read_clusters(run).to_pylist()[:_MOST_CLUSTERS]
    return {"caption": _build_caption(summary, len(rows)), "clusters": [_describe(run, row, names) for row in rows]}


def _describe(run: RunFolder, row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    path = sheet_names(row["label"])
    return {
        "label": row["label"],
        "name": names[row["label"]],
        "regions": row["regions"],
        "videos": row["videos"],
        "sheet": "/".join(path) if is_file(run.file(*path)) else None,
    }


def _build_caption(summary: dict[str, Any], num_shown: int) -> str:
    source = summary["settings"]["descriptors"]["source"]
    looks = (
        "by what they look like: colours, edges and shape"
        if source == "appearance"
        else f"by the class tokens of {summary['settings']['descriptors']['model']}"
    )
    agreement = summary["agreement_mean"]
    seeds = "" if agreement is None else f" {len(summary['seeds'])} seeds agree by {agreement:.2f}; 1 is the same, 0 chance."
    cut = f" Shown: the {num_shown} largest." if num_shown < summary["clusters"] else ""
    return (
        f"{summary['regions']} regions in {summary['clusters']} clusters, {looks}. Each sheet has the regions nearest to the "
        f"middle of the cluster.{seeds}{cut} Names are in semantics/names.csv of the run, to be edited."
    )

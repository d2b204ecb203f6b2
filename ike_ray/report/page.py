"""The run's page: one HTML file whose scripts draw the gallery, a page for each video and the plots, and take verdicts."""

import base64
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from ike_ray.errors import ConfigError
from ike_ray.records import STAGES, Stage
from ike_ray.report.reviews import describe_reviews
from ike_ray.report.scores import describe_summary, read_scores
from ike_ray.report.videos import describe_videos, list_shown
from ike_ray.run.clusters import read_clusters, read_names, read_summary, sheet_names
from ike_ray.run.description import read_run_description
from ike_ray.run.folder import RunFolder
from ike_ray.run.tiles import EIGEN_LAYERS, LAYERS, STUDENT_LAYERS
from ike_ray.storage.files import is_file, read_bytes, read_size

# A page that carries its pictures may have at most this many bytes, since it is sent and opened whole.
_MOST_CARRIED_BYTES = 200 * 10**6
# Nobody looks through a page with contact sheets of more clusters.
_MOST_CLUSTERS = 200
_CARRIED = {"strips": ".jpg", "layers": ".jpg", "truth": ".jpg"}


def build_report(run: RunFolder, *, most: int = 5000) -> str:
    """Return the page as HTML, to lie in the run's folder, whose pictures it shows. It has at most `most` videos.

    Raises `InputError` if a Parquet file of the run cannot be read.
    """
    return _render_page(_describe_run(run, most))


def build_portable_report(run: RunFolder, *, most: int = 5000) -> str:
    """Return the page with its pictures in it, to be sent or kept anywhere. Videos of overlays are left out.

    Raises `InputError` like `build_report`, and `ConfigError` if the pictures take more than 200 MB.
    """
    data = _describe_run(run, most)
    data["carried"] = _read_pictures(run, data["videos"], data["clusters"])
    return _render_page(data)


def _describe_run(run: RunFolder, most: int) -> dict[str, Any]:
    description = read_run_description(run.uri)
    scores = read_scores(run)
    shown, counts = list_shown(run, most)
    videos = describe_videos(run, shown, scores)
    return {
        "run": run.uri.rstrip("/").rpartition("/")[2],
        "input": description["input"],
        "digest": description["config_digest"],
        "version": description["versions"]["ike_ray"],
        "written": str(description["written"]),
        "settings": yaml.safe_dump(description, sort_keys=False),
        "counts": counts,
        "remaining": max(0, description["videos"] - sum(counts.values())),
        **_describe_job(description["job"]),
        "scores": describe_summary(scores.summary) if scores else None,
        "clusters": describe_clusters(run),
        "videos": videos,
        "review": describe_reviews(run, videos),
    }


def _describe_job(job: str) -> dict[str, Any]:
    """Return what differs between jobs: the word for an item, the stages, and the rows of a picture of layers."""
    match job:
        case "spectral":
            return {"noun": "image", "stages": _list_stages("flow", "graph", "network"), "layers": EIGEN_LAYERS}
        case "predict":
            stages = _list_stages("flow", "graph", "features", "eigenvectors")
            return {"noun": "video", "stages": stages, "layers": STUDENT_LAYERS}
        case _:
            return {"noun": "video", "stages": _list_stages("features", "eigenvectors"), "layers": LAYERS}


def _list_stages(*others: Stage) -> list[Stage]:
    """Return all stages but those of other jobs."""
    return [stage for stage in STAGES if stage not in others]


def describe_clusters(run: RunFolder) -> dict[str, Any] | None:
    """Return the largest clusters with names, counts and the paths of their contact sheets, and a caption.

    Returns None if the run has no clusters. Raises `InputError` if names.csv cannot be read.
    """
    summary = read_summary(run)
    if summary is None:
        return None
    names = read_names(run)
    rows = read_clusters(run).to_pylist()[:_MOST_CLUSTERS]
    return {"caption": _build_caption(summary, len(rows)), "clusters": [_describe_cluster(run, row, names) for row in rows]}


def _describe_cluster(run: RunFolder, row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
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


def _read_pictures(run: RunFolder, videos: list[dict[str, Any]], clusters: dict[str, Any] | None) -> dict[str, str]:
    """Return pictures as `data:` URLs, by their path below the run."""
    shown = clusters["clusters"] if clusters else []
    paths: list[tuple[str, ...]] = [tuple(own["sheet"].split("/")) for own in shown if own["sheet"]]
    for video in videos:
        kinds = [kind for kind in video.get("pictures", []) if kind in _CARRIED]
        video["pictures"] = kinds
        paths += [(kind, f"{video['name']}{_CARRIED[kind]}") for kind in kinds]
    total_bytes = sum(read_size(run.file(*path)) for path in paths)
    if total_bytes > _MOST_CARRIED_BYTES:
        raise ConfigError(
            f"the pictures of {run.uri} take {total_bytes / 1e6:.0f} MB, and a page that carries them may have "
            f"{_MOST_CARRIED_BYTES / 1e6:.0f}. Show fewer videos (--most), or leave --out out and copy report.html together "
            f"with {', '.join(_CARRIED)}"
        )
    return {"/".join(path): _build_url(read_bytes(run.file(*path))) for path in paths}


def _build_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _render_page(data: dict[str, Any]) -> str:
    loader = PackageLoader("ike_ray.report")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": False}
    css, review, report = (loader.get_source(environment, name)[0] for name in ("report.css", "review.js", "report.js"))
    page = environment.get_template("report.html.j2")
    return page.render(title=data["run"], data=data, css=css, scripts=[review, report])

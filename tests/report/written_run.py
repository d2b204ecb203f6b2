"""Writes runs whose pages are looked at: segmented and failed videos, with pictures that are told apart by their colours."""

from typing import Any

import numpy as np

from ike_ray.masks.rle import build_rle
from ike_ray.records import STAGES, VideoRef
from ike_ray.run.clusters import CLUSTER_SCHEMA, sheet_names, write_names, write_summary
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_outcome_row
from ike_ray.run.tables import write_table
from ike_ray.run.tiles import build_jpeg

CYCLE = {
    "window": 1,
    "cycle": 1,
    "mask_iou": None,
    "graph_network_iou": 0.8,
    "confidence": 0.7,
    "graph_movement": 0.1,
    "area_fraction": 0.123,
    "graph_s": 1.0,
    "network_s": 2.0,
}
COLOURS = ([200, 60, 60], [60, 200, 60], [60, 60, 200])  # of the tiles of a strip


def write_failed(run: RunFolder, video_id: str, message: str) -> None:
    row = _build_row(run, video_id)
    run.write_outcome(row | {"status": "failed", "error_type": "InputError", "error_message": message})


def write_segmented(run: RunFolder, video_id: str, **columns: Any) -> dict[str, Any]:
    """Twelve frames of 48 x 64, three tiles of one colour each, four layers that are grey levels of 0, 80, 160, 240."""
    row = _build_row(run, video_id) | {"status": "ok", "frames": 12, "height": 48, "width": 64, "fps": 10.0, "shots": 1}
    row |= {"windows": 1, "cycles": 1, "converged": False, "history": [CYCLE], "tiles": [0, 5, 11], "confidence": 0.71}
    name = run.video_name(video_id)
    tiles = [np.full((180, 240, 3), colour, np.uint8) for colour in COLOURS]
    run.write_file(build_jpeg(np.concatenate(tiles, axis=1)), "strips", f"{name}.jpg")
    layers = [np.full((180, 720, 3), grey, np.uint8) for grey in (0, 80, 160, 240)]
    run.write_file(build_jpeg(np.concatenate(layers)), "layers", f"{name}.jpg")
    run.write_frames(video_id, [_build_frame_row(video_id, index) for index in range(12)])
    run.write_outcome(row | columns)
    return row | columns


def write_clusters(run: RunFolder) -> None:
    """Two clusters, the first of which has a sheet and a name that is an attack."""
    rows = [
        {"label": label, "regions": regions, "videos": 2, "spread": 0.5, "centre": [0.0]}
        for label, regions in ((1, 9), (2, 4))
    ]
    write_table(run.file("semantics", "clusters.parquet"), rows, CLUSTER_SCHEMA)
    run.write_file(build_jpeg(np.full((60, 120, 3), (60, 200, 60), np.uint8)), *sheet_names(1))
    write_names(run, {1: "<b onclick=alert(1)>dogs</b>"})
    settings = {"descriptors": {"source": "appearance", "model": None}}
    seeds = [{"seed": seed} for seed in range(5)]
    write_summary(run, {"clusters": 2, "regions": 13, "seeds": seeds, "agreement_mean": 0.625, "settings": settings})


def _build_row(run: RunFolder, video_id: str) -> dict[str, Any]:
    ref = VideoRef(video_id=video_id, uri=f"/v/{video_id}")
    row = build_outcome_row(ref, device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=3.1)
    return row | {f"seconds_{stage}": 0.5 for stage in STAGES}


def _build_frame_row(video_id: str, index: int) -> dict[str, Any]:
    row = {"video_id": video_id, "frame_index": index, "timestamp_s": index / 10, "shot": 1, "window": 1, "cut": 0.5}
    row |= {"confidence": index / 20, "mask": build_rle(np.zeros((48, 64), bool)), "area_fraction": 0.0}
    return row

"""Parquet rows of one video."""

import socket
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ike_ray.masks.box import build_box
from ike_ray.masks.rle import build_rle
from ike_ray.records import Clip, FrameMask, VideoRef, WindowRecord
from ike_ray.run.tables import OUTCOME_SCHEMA
from ike_ray.run.tiles import Tile
from ike_ray.version import __version__


def build_frame_row(video_id: str, frame: FrameMask, window: WindowRecord) -> dict[str, Any]:
    """Return one row of `frames/*.parquet`: see `FRAME_SCHEMA`."""
    is_empty = not frame.mask.any()
    return {
        "video_id": video_id,
        "frame_index": frame.frame_index,
        "timestamp_s": None if np.isnan(frame.timestamp_s) else frame.timestamp_s,
        "shot": window.shot,
        "window": window.window,
        "cut": frame.threshold,
        "confidence": frame.confidence,
        "mask": build_rle(frame.mask),
        "box": build_box(frame.mask),
        "area_fraction": float(frame.mask.mean()),
        "mean_score": None if is_empty else float(frame.soft_mask[frame.mask].mean()),
        "objects": None if frame.objects is None else _build_objects(frame.objects),
    }


def _build_objects(objects: UInt8[np.ndarray, "H W"]) -> list[dict[str, Any]]:
    masks = {int(number): objects == number for number in np.unique(objects) if number}
    return [
        {"number": number, "mask": build_rle(mask), "box": build_box(mask), "area_fraction": float(mask.mean())}
        for number, mask in masks.items()
    ]


def build_outcome_row(
    ref: VideoRef, *, device: str, digest: str, tries: int, losses: int, elapsed_s: float
) -> dict[str, Any]:
    """Return a row of `outcomes/*.parquet` (see `OUTCOME_SCHEMA`) with what is known of any video. The rest is null."""
    return {
        **dict.fromkeys(OUTCOME_SCHEMA.names),
        "video_id": ref.video_id,
        "uri": ref.uri,
        "seconds": elapsed_s,
        "tries": tries,
        "losses": losses,
        "finished": datetime.now(UTC),
        "host": socket.gethostname(),
        "device": device,
        "config_digest": digest,
        "version": __version__,
    }


def describe_segmented(
    windows: Sequence[WindowRecord], rows: Sequence[dict[str, Any]], tiles: Sequence[Tile], last_clip: Clip
) -> dict[str, Any]:
    """Return the columns of an outcome row that a segmented video fills, from its windows, rows, tiles and last clip."""
    history = [{"window": window.window, **asdict(record)} for window in windows for record in window.history]
    clip = last_clip
    warning = _join_warnings(clip.warning, sum(window.is_half for window in windows))
    columns = describe_frames(rows, tiles, height=clip.height, width=clip.width, fps=clip.fps, warning=warning)
    return columns | {
        "shots": windows[-1].shot,
        "windows": len(windows),
        "cycles": sum(record["cycle"] > 0 for record in history),
        "converged": all(window.is_converged for window in windows),
        "history": history,
    }


def _join_warnings(of_video: str | None, num_halves: int) -> str | None:
    warnings = [of_video] if of_video else []
    if num_halves:
        warnings.append(f"{num_halves} windows are halves, since the GPU had too little memory: lower windows.max_nodes")
    return "; ".join(warnings) or None


def describe_frames(
    rows: Sequence[dict[str, Any]],
    tiles: Sequence[Tile],
    *,
    height: int,
    width: int,
    fps: float | None,
    warning: str | None,
) -> dict[str, Any]:
    """Return the columns of an outcome row that any video with masks fills, from its frame rows and tiles."""
    return {
        "status": "ok",
        "warning": warning,
        "frames": len(rows),
        "height": height,
        "width": width,
        "fps": fps,
        "cut": fmean(row["cut"] for row in rows),
        "confidence": fmean(row["confidence"] for row in rows),
        "tiles": [tile.frame_index for tile in tiles],
    }

"""Parquet rows of one video."""

import socket
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ike_ray import __version__
from ike_ray.masks.box import build_box
from ike_ray.masks.rle import build_rle
from ike_ray.records import FrameMask, SegmentedVideo, VideoRef
from ike_ray.storage.tables import OUTCOME_SCHEMA


def build_frame_row(video_id: str, frame: FrameMask) -> dict[str, Any]:
    """One row of `frames/*.parquet`: see `FRAME_SCHEMA`."""
    is_empty = not frame.mask.any()
    return {
        "video_id": video_id,
        "frame_index": frame.frame_index,
        "timestamp_s": None if np.isnan(frame.timestamp_s) else frame.timestamp_s,
        "mask": build_rle(frame.mask),
        "box": build_box(frame.mask),
        "area_fraction": float(frame.mask.mean()),
        "mean_score": None if is_empty else float(frame.soft_mask[frame.mask].mean()),
    }


def build_outcome_row(
    ref: VideoRef, *, device: str, digest: str, tries: int, losses: int, elapsed_s: float
) -> dict[str, Any]:
    """A row of `outcomes/*.parquet` (see `OUTCOME_SCHEMA`) with what is known of any video; status and the rest are null."""
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


def describe_segmented(video: SegmentedVideo) -> dict[str, Any]:
    """The columns of an outcome row that a segmented video fills."""
    return {
        "status": "ok",
        "warning": video.clip.warning,
        "frames": len(video.clip.frames),
        "height": video.clip.height,
        "width": video.clip.width,
        "fps": video.clip.fps,
        "cycles": len(video.history),
        "converged": video.is_converged,
        "cut": video.cut,
        "history": [asdict(record) for record in video.history],
    }

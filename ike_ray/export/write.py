"""Writes everything that a run keeps of one segmented video, except its outcome row."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import OutputConfig, VideoConfig
from ike_ray.export.overlay import build_strip_jpeg, render_overlay, render_tile
from ike_ray.export.rows import build_frame_row
from ike_ray.flow.flo import write_flow_files
from ike_ray.masks.png import build_mask_png, build_soft_png
from ike_ray.masks.rle import Rle, read_rle
from ike_ray.records import FrameMask, SegmentedPart, VideoRef
from ike_ray.storage.files import safe_path
from ike_ray.storage.run_folder import RunFolder
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video


def write_part(
    run: RunFolder, part: SegmentedPart, config: OutputConfig, *, ref: VideoRef, masks: Iterable[FrameMask]
) -> list[dict[str, Any]]:
    """The frame rows of one part; writes the pictures and flow that `config` asks for. Holds one full-size frame."""
    name = run.video_name(ref.video_id)
    rows = []
    for frame in masks:
        rows.append(build_frame_row(ref.video_id, frame, part.record))
        if config.masks_png:
            run.write_file(build_mask_png(frame.mask), "masks", name, f"{frame.frame_index:05d}.png")
        if config.soft_png:
            run.write_file(build_soft_png(frame.soft_mask), "soft", name, f"{frame.frame_index:05d}.png")
    if config.flow_flo:
        write_flow_files(run.file("flow", safe_path(ref.video_id)), part.flow_frame_indices, part.flow)
    return rows


def write_whole(
    run: RunFolder,
    rows: Sequence[dict[str, Any]],
    config: OutputConfig,
    *,
    ref: VideoRef,
    fps: float | None,
    video_config: VideoConfig,
) -> None:
    """Writes what needs all frame rows of a video: the report's strip, the overlay where asked for, and the rows."""
    name = run.video_name(ref.video_id)
    codes = {row["frame_index"]: row["mask"] for row in rows}
    run.write_file(_build_strip(ref, codes, config.strip_frames, video_config), "strips", f"{name}.jpg")
    if config.overlay_mp4:
        shown_fps = fps / video_config.stride if fps else None
        write_video(run.file("overlays", f"{name}.mp4"), _read_overlays(ref, codes, video_config), shown_fps)
    run.write_frames(ref.video_id, rows)


def _build_strip(ref: VideoRef, codes: dict[int, Rle], num_tiles: int, config: VideoConfig) -> bytes:
    """Overlays of frames spread evenly over the video."""
    spread = np.linspace(0, len(codes) - 1, min(num_tiles, len(codes))).round().astype(int)
    chosen = {list(codes)[position] for position in spread}
    with open_video(ref.uri, config) as reader:
        return build_strip_jpeg(
            [render_tile(frame.image, read_rle(codes[frame.index])) for frame in reader if frame.index in chosen]
        )


def _read_overlays(ref: VideoRef, codes: dict[int, Rle], config: VideoConfig) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    with open_video(ref.uri, config) as reader:
        for frame in reader:
            yield render_overlay(frame.image, read_rle(codes[frame.index]))

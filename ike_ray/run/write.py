"""Write everything that a run keeps of one segmented video, except its outcome row."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import OutputConfig, VideoConfig
from ike_ray.flow.flo import write_flow_files
from ike_ray.masks.overlay import render_overlay
from ike_ray.masks.png import build_mask_png, build_objects_png, build_soft_png
from ike_ray.records import FrameMask, SegmentedFrames, VideoRef
from ike_ray.run.folder import RunFolder
from ike_ray.run.objects import read_object_masks
from ike_ray.run.rows import build_frame_row
from ike_ray.run.tiles import Tile, build_layers_jpeg, build_strip_jpeg
from ike_ray.storage.files import safe_path
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video


def write_part(
    run: RunFolder, part: SegmentedFrames, config: OutputConfig, *, ref: VideoRef, masks: Iterable[FrameMask]
) -> list[dict[str, Any]]:
    """Write the pictures and flow of one part that `config` asks for, and return its frame rows. Holds one full-size
    frame."""
    name = run.video_name(ref.video_id)
    rows = []
    for frame in masks:
        rows.append(build_frame_row(ref.video_id, frame, part.record))
        write_masks(run, name, frame, config)
    if config.flow_flo:
        folder = run.file("flow", safe_path(ref.video_id))
        run.keep_writing(lambda: write_flow_files(folder, part.flow_frame_indices, part.flow))
    return rows


def write_masks(run: RunFolder, name: str, frame: FrameMask, config: OutputConfig) -> None:
    """Write the mask of a frame, and its soft mask, as PNG if `config` asks for it."""
    if config.masks_png:
        data = build_mask_png(frame.mask) if frame.objects is None else build_objects_png(frame.objects)
        run.write_file(data, "masks", name, f"{frame.frame_index:05d}.png")
    if config.soft_png:
        run.write_file(build_soft_png(frame.soft_mask), "soft", name, f"{frame.frame_index:05d}.png")


def write_whole(
    run: RunFolder,
    rows: Sequence[dict[str, Any]],
    tiles: Sequence[Tile],
    config: OutputConfig,
    *,
    ref: VideoRef,
    fps: float | None,
    video_config: VideoConfig,
) -> None:
    """Write what needs all of a video: the report's pictures, the overlay if `config` asks for it, and the frame rows."""
    name = run.video_name(ref.video_id)
    run.write_file(build_strip_jpeg(tiles), "strips", f"{name}.jpg")
    if config.layers:
        run.write_file(build_layers_jpeg(tiles), "layers", f"{name}.jpg")
    if config.overlay_mp4:
        shown_fps = fps / video_config.stride if fps else None
        by_index = {row["frame_index"]: row for row in rows}
        overlays = _read_overlays(ref, by_index, video_config)
        write_video(run.file("overlays", f"{name}.mp4"), overlays, shown_fps, keep=run.keep_writing)
    run.write_frames(ref.video_id, rows)


def _read_overlays(
    ref: VideoRef, rows: dict[int, dict[str, Any]], config: VideoConfig
) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    with open_video(ref.uri, config) as reader:
        for frame in reader:
            yield render_overlay(frame.image, read_object_masks(rows[frame.index]))

"""A finished run over videos drawn here, without segmenting anything: its masks are known to the pixel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from ike_ray.config import Config, TrainConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.masks.box import build_box
from ike_ray.masks.rle import build_rle
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.parts import pack_inbox
from ike_ray.run.rows import build_outcome_row
from ike_ray.run.segmented import SegmentedVideo, read_segmented
from ike_ray.run.tables import FRAME_SCHEMA
from ike_ray.settings import read_settings_of
from ike_ray.storage.files import write_bytes
from ike_ray.student.model_folder import create_model, write_progress, write_trained
from ike_ray.student.read import build_weights
from ike_ray.student.train_step import build_student
from ike_ray.video.write import write_video

HEIGHT, WIDTH = 48, 64


@dataclass(frozen=True)
class DrawnRun:
    """A run, and what is in it."""

    run: RunFolder
    masks: Mapping[str, np.ndarray]  # of each video that has masks: frames, height, width
    objects: Mapping[str, np.ndarray | None]  # the same with the objects' numbers
    frame_indices: Mapping[str, list[int]]

    def video(self, video_id: str) -> SegmentedVideo:
        return next(iter(read_segmented(self.run, [video_id])))


def write_drawn_run(folder: str) -> DrawnRun:
    """A run over three videos and a broken one, some of it still in the inbox.

    `bear` is a folder of four frames with one object. `sub/cat.mp4` has every second of six frames from the second on, and
    two objects, of which the first is gone in the last frame. `dog.mp4` has three frames with one object, which is gone in
    the last frame.
    """
    refs = {
        name: VideoRef(video_id=name, uri=f"{folder}/videos/{name}") for name in ("bear", "sub/cat.mp4", "dog.mp4", "x.mp4")
    }
    clips = {name: draw_clip(seed, num_frames=6, height=HEIGHT, width=WIDTH) for seed, name in enumerate(refs)}
    for index, frame in enumerate(clips["bear"].frames[:4]):
        jpeg = cv2.imencode(".jpg", frame[..., ::-1])[1].tobytes()
        write_bytes(f"{refs['bear'].uri}/img_{index + 7}.jpg", jpeg)
    write_video(refs["sub/cat.mp4"].uri, clips["sub/cat.mp4"].frames, 10.0)
    write_video(refs["dog.mp4"].uri, clips["dog.mp4"].frames[:3], 12.5)
    run = create_run(f"{folder}/run", Config(), f"{folder}/videos", list(refs.values()))
    frame_indices = {"bear": [0, 1, 2, 3], "sub/cat.mp4": [1, 3, 5], "dog.mp4": [0, 1, 2]}
    masks = {name: clips[name].masks[indices] for name, indices in frame_indices.items()}
    masks["dog.mp4"][-1] = False
    cat = np.where(np.arange(WIDTH) < WIDTH // 2, 1, 2) * masks["sub/cat.mp4"]
    cat[-1][cat[-1] == 1] = 0
    masks["sub/cat.mp4"] = cat > 0
    objects = {"bear": None, "sub/cat.mp4": cat.astype(np.uint8), "dog.mp4": None}
    drawn = DrawnRun(run, masks, objects, frame_indices)
    for name in ("bear", "x.mp4"):
        _write_video_rows(drawn, refs[name])
    pack_inbox(run)
    for name in ("sub/cat.mp4", "dog.mp4"):
        _write_video_rows(drawn, refs[name])
    return drawn


def write_student(uri: str, drawn_run: DrawnRun, *, seed: int, classes: int = 1) -> str:
    """A student that has learned nothing, whose answers are nevertheless its own."""
    config = read_settings_of(TrainConfig, f"student: {{widths: [4, 8], area_px: 1024, num_classes: {classes}}}")
    create_model(uri, config, [drawn_run.run.uri])
    write_progress(uri, [{"step": 1, "loss": 1.0, "held_out_iou": None, "samples_per_s": 1.0, "seconds": 1.0}])
    write_trained(uri, build_weights(build_student(config.student, torch.Generator().manual_seed(seed))))
    return uri


def _write_video_rows(drawn: DrawnRun, ref: VideoRef) -> None:
    row = build_outcome_row(ref, device="cpu", digest=drawn.run.digest, tries=1, losses=0, elapsed_s=1.0)
    name = ref.video_id
    if name not in drawn.masks:
        failed = {"status": "failed", "error_type": "InputError", "error_message": f"cannot read {ref.uri}"}
        drawn.run.write_outcome(row | failed)
        return
    objects = drawn.objects[name]
    rows = [
        _build_row(name, index, drawn.masks[name][position], None if objects is None else objects[position])
        for position, index in enumerate(drawn.frame_indices[name])
    ]
    drawn.run.write_frames(name, rows)
    fps = {"bear": None, "sub/cat.mp4": 10.0, "dog.mp4": 12.5}[name]
    ok = {"status": "ok", "frames": len(rows), "height": HEIGHT, "width": WIDTH, "fps": fps, "confidence": 0.75}
    drawn.run.write_outcome(row | ok)


def _build_row(video_id: str, index: int, mask: np.ndarray, objects: np.ndarray | None) -> dict[str, Any]:
    parts = None
    if objects is not None:
        numbers = [int(number) for number in np.unique(objects) if number]
        parts = [{"number": number, **_describe(objects == number)} for number in numbers]
    return {
        **dict.fromkeys(FRAME_SCHEMA.names),
        **_describe(mask),
        "video_id": video_id,
        "frame_index": index,
        "shot": 1,
        "window": 1,
        "cut": 0.4,
        "confidence": 0.5 + index / 10,
        "objects": parts,
    }


def _describe(mask: np.ndarray) -> dict[str, Any]:
    return {"mask": build_rle(mask), "box": build_box(mask), "area_fraction": float(mask.mean())}

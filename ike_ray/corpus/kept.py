"""What a run keeps of one video of a spectral run, gathered while its frames come and written when they have all come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import SpectralRunConfig
from ike_ray.export.rows import build_frame_row
from ike_ray.export.tiles import TileKeeper, build_jpeg, render_eigen_tile
from ike_ray.export.write import write_masks, write_whole
from ike_ray.masks.png import build_rgba_png
from ike_ray.records import FrameMask, Stage, VideoRef, WindowRecord
from ike_ray.spectral.matte import Matte, build_composite, build_cutout
from ike_ray.spectral.segment import CUT, SegmentedImage
from ike_ray.storage.run_folder import RunFolder
from ike_ray.timing import Stopwatch
from ike_ray.video.frame import VideoFrame
from ike_ray.video.image_file import is_image_name

SPECTRAL_STAGES: tuple[Stage, ...] = ("read", "features", "eigenvectors", "refine", "write")


@dataclass(kw_only=True)
class KeptVideo:
    """One video, or one image, on its way to its rows and pictures. It holds no frame, and of mattes the last batch's."""

    run: RunFolder
    config: SpectralRunConfig
    ref: VideoRef
    background: UInt8[np.ndarray, "_ _ 3"] | None = None
    fps: float | None = None
    warning: str | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[Stage, float] = field(default_factory=lambda: dict.fromkeys(SPECTRAL_STAGES, 0.0))

    def __post_init__(self) -> None:
        self._name = self.run.video_name(self.ref.video_id)
        self._tiles = TileKeeper(self.config.output.strip_frames)
        self._size = (0, 0)
        self._is_converged = True
        self._waiting: list[tuple[FrameMask, Matte | None]] = []

    def add(self, frame: VideoFrame, found: SegmentedImage) -> None:
        """Takes what was found in the next frame."""
        self._size = frame.image.shape[:2]
        self._is_converged &= found.eigen.is_converged
        mask = FrameMask(
            frame_index=frame.index,
            timestamp_s=frame.timestamp_s,
            cut=CUT,
            mask=found.mask,
            soft_mask=found.soft_mask,
            objects=found.regions,
            confidence=found.confidence,
        )
        window = WindowRecord(window=1, shot=1, history=(), is_converged=found.eigen.is_converged)
        row = build_frame_row(self.ref.video_id, mask, window)
        self.rows.append(row if self.config.task != "localize" else row | {"box": found.box})
        self._tiles.add(partial(render_eigen_tile, frame.image, mask, found.eigen.maps))
        if self.config.output.masks_png or self.config.output.soft_png or found.matte is not None:
            self._waiting.append((mask, found.matte))

    def charge(self, seconds: Mapping[Stage, float], share: float) -> None:
        """Adds a share of the seconds of a batch, all of whose frames take about the same."""
        for stage in SPECTRAL_STAGES:
            self.seconds[stage] += share * seconds[stage]

    def write_pictures(self) -> None:
        """Writes the masks, soft masks, cut-outs and composites of the frames that came since the last call."""
        waiting, self._waiting = self._waiting, []
        for mask, matte in waiting:
            write_masks(self.run, self._name, mask, self.config.output)
            if matte is not None:
                self.run.write_file(build_rgba_png(build_cutout(matte)), "cutouts", *self._list_names(mask, "png"))
                if self.background is not None:
                    composite = build_jpeg(build_composite(matte, self.background))
                    self.run.write_file(composite, "composites", *self._list_names(mask, "jpg"))

    def finish(self) -> dict[str, Any]:
        """Writes what is left and returns the columns of the outcome row."""
        stopwatch = Stopwatch()
        with stopwatch.measure("write"):
            self.write_pictures()
            tiles = self._tiles.list_tiles()
            output = self.config.output
            write_whole(self.run, self.rows, tiles, output, ref=self.ref, fps=self.fps, video_config=self.config.video)
        self.seconds["write"] += stopwatch.seconds["write"]
        return {
            "status": "ok",
            "warning": self.warning,
            "frames": len(self.rows),
            "height": self._size[0],
            "width": self._size[1],
            "fps": self.fps,
            "converged": self._is_converged,
            "cut": CUT,
            "confidence": fmean(row["confidence"] for row in self.rows),
            "history": [],
            "tiles": [tile.frame_index for tile in tiles],
            **{f"seconds_{stage}": seconds for stage, seconds in self.seconds.items()},
        }

    def _list_names(self, mask: FrameMask, suffix: str) -> tuple[str, ...]:
        """NAME.png of an image, NAME/00012.png of a video's frame."""
        if is_image_name(self.ref.uri):
            return (f"{self._name}.{suffix}",)
        return self._name, f"{mask.frame_index:05d}.{suffix}"

"""What is read of a video, where its shots end, how its flow is estimated."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT

_SIDE_PX = Annotated[int, Field(ge=32, le=4096)]  # below 32 px the network's lowest level has no room left


@dataclass(frozen=True, kw_only=True, config=STRICT)
class VideoConfig:
    """Which frames are read, and at what size the method works."""

    start_frame: Annotated[int, Field(ge=0)] = 0
    """First frame that is read, from 0."""
    stop_frame: Annotated[int, Field(ge=1)] | None = None
    """First frame that is no longer read; null: to the end."""
    stride: Annotated[int, Field(ge=1)] = 1
    """Every how many frames one is read. Raise it where neighbouring frames hardly differ."""
    working_size_px: tuple[_SIDE_PX, _SIDE_PX] | None = None
    """Height and width the method works at, whatever the video's aspect. The paper's setting is [224, 416]."""
    working_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] = 46080
    """Used where `working_size_px` is null: the aspect is kept and the working frame has about this many pixels. Time and
    memory are proportional to it. 46080 is 160 x 288 for a 16:9 video."""
    flow_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] | None = 409600
    """Frames are kept at about this many pixels too, of the video's aspect and no larger than it, for flow, which is averaged
    to the working size, and for edges: 409600 is 480 x 848 for a 16:9 video. null: at the working size."""
    max_frames: Annotated[int, Field(ge=1)] | None = None
    """A longer video is skipped with that reason; null: none is. Time is proportional to the frames, memory is not: see
    `windows.max_nodes`."""
    max_staged_gb: Annotated[float, Field(gt=0)] = 20.0
    """A larger file of an object storage is skipped with that reason: each worker copies the video that it works on to its
    local disk, in TMPDIR."""
    max_image_px: Annotated[int, Field(ge=32 * 32, le=170_000_000)] = 64_000_000
    """An image with more pixels, or a video with more in a frame, is skipped with that reason, since a small file may decode
    to gigabytes. A worker takes about 30 bytes a pixel."""

    @model_validator(mode="after")
    def _is_a_range(self) -> "VideoConfig":
        if self.stop_frame is not None and self.stop_frame <= self.start_frame:
            raise ValueError(f"stop_frame ({self.stop_frame}) must be greater than start_frame ({self.start_frame})")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ShotsConfig:
    """Where one shot of a video ends and the next begins. Nothing is carried across: no flow, no chain, no weights."""

    detector: Literal["adaptive", "none"] = "adaptive"
    """adaptive: PySceneDetect's AdaptiveDetector on the brightness of the working frames. none: the video is one shot."""
    min_change: Annotated[float, Field(gt=0, le=255)] = 31.0
    """Mean change of brightness, 0 to 255, from the last frame of a shot to the first of the next, at least. In 31 single
    takes it reached 30.0 (a sudden exposure) where it stood out from its neighbours, at 526 joins of takes it was 29.3 and
    more."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FlowConfig:
    """How the motion between neighbouring frames is estimated."""

    method: Literal["dis", "raft_small", "raft_large", "files"] = "dis"
    """dis: OpenCV's DIS, no weights. raft_small, raft_large: torchvision's RAFT with `weights`. files: .flo from
    `folder`."""
    enlarged_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] | None = 921600
    """dis and RAFT: frames for flow are enlarged to about this many pixels, if they have fewer, and to three times their
    sides at most. Both look at squares of 8 x 8 pixels and find small things in enlarged frames. 921600 is 720 x 1280 for a
    16:9 video. null: they are not."""
    dis_effort: Literal["medium", "quick"] = "medium"
    """dis only. medium: OpenCV's medium preset. quick: the same with patches 4 instead of 3 pixels apart and 2 instead of 5
    steps of refinement; it takes 0.55 of the time, and flow differs by 0.04 px in the mean."""
    weights: str | None = None
    """RAFT only: torchvision's own state dict or a published raft-*.pth."""
    raft_updates: Annotated[int, Field(ge=1, le=64)] = 12
    """RAFT only: update steps a pair; the published evaluations use 12 to 32. Fewer is faster and a little coarser."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """RAFT only: arithmetic of its convolutions. bfloat16 is used on GPUs and on CPUs that have instructions for it; other
    CPUs compute in float32."""
    folder: str | None = None
    """files only: FOLDER/<video id>/fwd_of/00000_00001.flo and FOLDER/<video id>/bwd_of/00001_00000.flo."""

    @model_validator(mode="after")
    def _has_its_files(self) -> "FlowConfig":
        if self.method.startswith("raft") and not self.weights:
            raise ValueError(f"method {self.method} needs `weights`, the path of a RAFT state dict")
        if self.method == "files" and not self.folder:
            raise ValueError("method files needs `folder`, which holds <video id>/fwd_of and <video id>/bwd_of")
        return self

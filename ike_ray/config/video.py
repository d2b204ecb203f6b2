"""Which frames of a video are read, where its shots end, and how its flow is estimated."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT

_SIDE_PX = Annotated[int, Field(ge=32, le=4096)]  # with sides below 32 px nothing is left for the network's lowest level


@dataclass(frozen=True, kw_only=True, config=STRICT)
class VideoConfig:
    """Which frames are read, and at what size the method works."""

    start_frame: Annotated[int, Field(ge=0)] = 0
    """The first frame that is read. The first frame of the video is 0."""
    stop_frame: Annotated[int, Field(ge=1)] | None = None
    """The first frame that is no longer read. null reads to the end."""
    stride: Annotated[int, Field(ge=1)] = 1
    """One of this many frames is read. Raise it if neighbouring frames hardly differ."""
    working_size_px: tuple[_SIDE_PX, _SIDE_PX] | None = None
    """The height and width that the method works at, whatever the video's aspect. The paper uses [224, 416]."""
    working_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] = 46080
    """If `working_size_px` is null, the working frame keeps the video's aspect and has about this many pixels. Time and
    memory are proportional to it. 46080 is 160 x 288 for a 16:9 video."""
    flow_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] | None = 409600
    """Frames are also kept at about this many pixels, with the video's aspect and no larger than the video. Flow is estimated
    between them and averaged to the working size, and the masks take their edges from them. 409600 is 480 x 848 for a 16:9
    video. null keeps them at the working size."""
    max_frames: Annotated[int, Field(ge=1)] | None = None
    """A video with more frames is skipped with that reason. With null, none is. Time is proportional to the number of frames,
    memory is not: see `windows.max_nodes`."""
    max_staged_gb: Annotated[float, Field(gt=0)] = 20.0
    """A larger file in object storage is skipped with that reason, because each worker copies the video that it works on to
    its local disk, in TMPDIR. The unit is 10^9 bytes."""
    max_image_px: Annotated[int, Field(ge=32 * 32, le=170_000_000)] = 64_000_000
    """An image with more pixels, or a video with more pixels in a frame, is skipped with that reason, because a small file
    may decode to gigabytes. A worker takes about 30 bytes a pixel."""

    @model_validator(mode="after")
    def _is_a_range(self) -> "VideoConfig":
        if self.stop_frame is not None and self.stop_frame <= self.start_frame:
            raise ValueError(f"stop_frame ({self.stop_frame}) must be greater than start_frame ({self.start_frame})")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ShotsConfig:
    """Where one shot of a video ends and the next begins. No flow, no chain and no weights are carried across."""

    detector: Literal["adaptive", "none"] = "adaptive"
    """`adaptive` is PySceneDetect's AdaptiveDetector on the brightness of the working frames. `none` takes the video as one
    shot."""
    min_change: Annotated[float, Field(gt=0, le=255)] = 31.0
    """A cut is kept if the mean change of brightness between its two frames, from 0 to 255, is at least this. In 31 single
    takes the change reached 30.0 (a sudden exposure) where it stood out from its neighbours. At 526 joins of takes it was
    29.3 and more."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FlowConfig:
    """How the motion between neighbouring frames is estimated."""

    method: Literal["dis", "raft_small", "raft_large", "files"] = "dis"
    """`dis` is OpenCV's DIS and needs no weights. `raft_small` and `raft_large` are torchvision's RAFT with `weights`.
    `files` reads .flo files from `folder`."""
    enlarged_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] | None = 921600
    """For dis and RAFT: frames with fewer pixels are enlarged to about this many, to at most three times their sides. Both
    methods look at squares of 8 x 8 pixels, and find small things in enlarged frames. 921600 is 720 x 1280 for a 16:9 video.
    null does not enlarge them."""
    dis_effort: Literal["medium", "quick"] = "medium"
    """Only for dis: `medium` is OpenCV's medium preset. `quick` is the same with patches 4 instead of 3 pixels apart and 2
    instead of 5 steps of refinement. It takes 0.55 of the time, and the flow differs by 0.04 px in the mean."""
    weights: str | None = None
    """Only for RAFT: the path of torchvision's own state dict or of a published raft-*.pth."""
    raft_updates: Annotated[int, Field(ge=1, le=64)] = 12
    """Only for RAFT: the number of update steps for a pair. The published evaluations use 12 to 32. Fewer steps are faster
    and a little coarser."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """Only for RAFT: the arithmetic of its convolutions. bfloat16 is used on GPUs and on CPUs that have instructions for it.
    Other CPUs compute in float32."""
    folder: str | None = None
    """Only for files: the folder with <video id>/fwd_of/00000_00001.flo and <video id>/bwd_of/00001_00000.flo."""

    @model_validator(mode="after")
    def _has_its_files(self) -> "FlowConfig":
        if self.method.startswith("raft") and not self.weights:
            raise ValueError(f"method {self.method} needs `weights`, the path of a RAFT state dict")
        if self.method == "files" and not self.folder:
            raise ValueError("method files needs `folder`, which holds <video id>/fwd_of and <video id>/bwd_of")
        return self

"""Every setting: one frozen record a stage, with its default, its range and when to change it.

Defaults live here and only here; a YAML file states what differs from them. `ike-ray settings` prints this page as YAML.
What does not belong here: reading settings (`settings`), acting on them.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)
_SIDE_PX = Annotated[int, Field(ge=32, le=4096)]  # below 32 px the network's lowest level has no room left


@dataclass(frozen=True, kw_only=True, config=_STRICT)
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
    working_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] = 23296
    """Used where `working_size_px` is null: the aspect is kept and the working frame has about this many pixels. Time and
    memory are proportional to it. 23296 is 112 x 208 for a 16:9 video."""
    max_frames: Annotated[int, Field(ge=1)] | None = None
    """A longer video is skipped with that reason; null: none is. Time is proportional to the frames, memory is not: see
    `windows.max_nodes`."""
    max_staged_gb: Annotated[float, Field(gt=0)] = 20.0
    """A larger file of an object storage is skipped with that reason: each worker copies the video that it works on to its
    local disk, in TMPDIR."""

    @model_validator(mode="after")
    def _is_a_range(self) -> "VideoConfig":
        if self.stop_frame is not None and self.stop_frame <= self.start_frame:
            raise ValueError(f"stop_frame ({self.stop_frame}) must be greater than start_frame ({self.start_frame})")
        return self


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ShotsConfig:
    """Where a video is cut into shots. Nothing is carried across a cut: no flow, no chain, no weights."""

    detector: Literal["adaptive", "none"] = "adaptive"
    """adaptive: PySceneDetect's AdaptiveDetector on the brightness of the working frames. none: the video is one shot."""
    min_change: Annotated[float, Field(gt=0, le=255)] = 31.0
    """Mean change of brightness, 0 to 255, from the last frame of a shot to the first of the next, at least. In 31 single
    takes it reached 30.0 (a sudden exposure) where it stood out from its neighbours, at 526 joins of takes it was 29.3 and
    more."""
    min_ratio: Annotated[float, Field(gt=1)] = 2.3
    """That change over the mean of the two changes before and the two after it, at least: a fast object or camera changes
    every frame. At those joins it was 2.4 and more."""
    min_frames: Annotated[int, Field(ge=1)] = 5
    """A cut that would close a shorter shot is left out."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class FlowConfig:
    """How the motion between neighbouring frames is estimated."""

    method: Literal["dis", "raft_small", "raft_large", "files"] = "dis"
    """dis: OpenCV's DIS, no weights. raft_small, raft_large: torchvision's RAFT with `weights`. files: .flo from
    `folder`."""
    weights: str | None = None
    """RAFT only: torchvision's own state dict or a published raft-*.pth."""
    raft_updates: Annotated[int, Field(ge=1, le=64)] = 12
    """RAFT only: update steps a pair; the published evaluations use 12 to 32. Fewer is faster and a little coarser."""
    folder: str | None = None
    """files only: FOLDER/<video id>/fwd_of/00000_00001.flo and FOLDER/<video id>/bwd_of/00001_00000.flo."""

    @model_validator(mode="after")
    def _has_its_files(self) -> "FlowConfig":
        if self.method.startswith("raft") and not self.weights:
            raise ValueError(f"method {self.method} needs `weights`, the path of a RAFT state dict")
        if self.method == "files" and not self.folder:
            raise ValueError("method files needs `folder`, which holds <video id>/fwd_of and <video id>/bwd_of")
        return self


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class GraphConfig:
    """The space-time graph and its power iteration. The defaults are the published setting."""

    reach_frames: Annotated[int, Field(ge=1, le=255)] = 15
    """Chains reach this many frames forward and backward. Memory and time are proportional to it."""
    sigma_frames: Annotated[float, Field(gt=0)] = 4.0
    """Standard deviation of the temporal Gaussian that weighs a link by the frames it spans."""
    motion_reach_frames: Annotated[int, Field(ge=1, le=255)] = 5
    """Motion features: step displacements of this many frames to each side."""
    ridge: Annotated[float, Field(gt=0)] = 100.0
    """Weight of the ridge in the projection onto the features (lambda in the paper)."""
    max_iterations: Annotated[int, Field(ge=1)] = 20
    """Power iterations at most. The masks hardly move after ten."""
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    """Mean absolute movement of the soft mask in one iteration below which the iteration stops; 0: never."""
    seed_map: Literal["gaussian", "uniform", "random"] = "gaussian"
    """Where the iteration starts. The answer hardly depends on it."""

    @model_validator(mode="after")
    def _features_lie_on_chains(self) -> "GraphConfig":
        if self.motion_reach_frames > self.reach_frames:
            raise ValueError(
                f"motion_reach_frames ({self.motion_reach_frames}) must not exceed reach_frames ({self.reach_frames})"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class NetworkConfig:
    """The network that learns one video. The defaults suit a CPU; configs/paper.yaml has the published ones."""

    architecture: Literal["paper", "compact"] = "compact"
    """paper: the published residual U-Net, 67.39 M parameters. compact: the same family, small enough for a CPU."""
    num_epochs: Annotated[int, Field(ge=1)] = 5
    """Passes over the video, where `num_steps` is null: the longer the video, the longer the training."""
    num_steps: Annotated[int, Field(ge=1)] | None = 120
    """Gradient steps, whatever the video's length; null: `num_epochs` counts. Time is proportional to it."""
    batch_size: Annotated[int, Field(ge=1)] = 3
    """Frames in one gradient step."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    """Of AdamW. 0.0001 as published, for the paper's network."""
    labels: Literal["hard", "soft"] = "soft"
    """hard: cross-entropy against the soft mask cut at 0.5, as published. soft: against the soft mask itself, which
    drifts less from cycle to cycle."""
    dice_weight: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the soft Dice loss beside the cross-entropy. 1 as published; 0 leaves it out."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """Arithmetic on a GPU. The CPU always computes in float32."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class CycleConfig:
    """How often graph and network teach each other, and whose map is the answer."""

    max_cycles: Annotated[int, Field(ge=1)] = 2
    """Cycles at most."""
    stop_iou: Annotated[float, Field(gt=0)] = 0.95
    """Stop when the binary masks of two consecutive cycles have at least this mean IoU. Above 1: never stop early."""
    answer: Literal["graph", "network", "both"] = "both"
    """Which soft mask is the answer; both: the mean of the two."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class WindowsConfig:
    """A shot that is too long for one graph goes in overlapping windows, each starting from what the last one learned."""

    max_nodes: Annotated[int, Field(ge=1)] = 4_000_000
    """Pixels (frames x height x width at the working size) of one window at most. Memory is proportional to it, whatever the
    video's length. 4,000,000 are 171 frames of 112 x 208 or 42 of 224 x 416."""
    overlap_frames: Annotated[int, Field(ge=1)] = 10
    """Frames that neighbouring windows share, over which their soft masks are faded into each other. At 10 frames, 2.5
    `graph.sigma_frames`, a link weighs less than 0.05; a window needs three times as many."""
    num_steps: Annotated[int, Field(ge=1)] | None = 40
    """Gradient steps of the network in a window that continues a shot; null: as many as in the first."""
    max_cycles: Annotated[int, Field(ge=1)] = 1
    """Cycles at most in a window that continues a shot: its first graph already has the carried network's answer as cue."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class RefineConfig:
    """From soft masks at the working size to binary masks at the video's own size."""

    cut: Literal["upper_otsu", "otsu", "fixed"] = "upper_otsu"
    """otsu: the cut that best separates this clip's values into two classes. upper_otsu: Otsu's cut of the values above
    that, for soft masks in which most of the background is not 0. fixed: `level` for every clip."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """The cut of every clip under `fixed`, and of a constant soft mask under the others."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class WorkersConfig:
    """The actor pool that a corpus is sharded over. The number of workers never changes a mask."""

    num_workers: Annotated[int, Field(ge=1)] | None = None
    """Actors; null: as many as the cluster's CPUs (or GPUs) hold."""
    num_cpus: Annotated[int, Field(ge=1)] = 1
    """Whole CPUs of one actor: its torch and OpenCV threads equal them. Another number can change the last bits."""
    num_gpus: Annotated[float, Field(ge=0)] = 0.0
    """GPUs of one actor; a fraction puts several actors on one GPU. 0: the CPU computes."""
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    """Memory that one worker may take, in 10^9 bytes; null: its share of 90 % of its machine's. A video that takes more is
    stopped and fails with that reason, before the machine suffers."""
    time_limit_s: Annotated[float, Field(gt=0)] = 3600.0
    """Seconds that a worker may go without a sign of life, which it gives after each window of a video. Lower it once you
    know what your longest window takes."""
    max_tries: Annotated[int, Field(ge=1)] = 3
    """Tries of a video that crashes its process, takes too much memory or hangs. Then it is `failed`."""
    max_losses: Annotated[int, Field(ge=1)] = 10
    """Tries of a video whose process is killed from outside or goes down with its machine. Raise it on spot machines that
    seldom last as long as one video."""
    patience_s: Annotated[float, Field(ge=0)] = 300.0
    """Seconds over which a storage that does not answer, or a full disk, is tried again. Then the video fails, or, if it is
    RUN that cannot be written, the job stops."""

    @model_validator(mode="after")
    def _is_what_ray_takes(self) -> "WorkersConfig":
        if self.num_gpus > 1 and not self.num_gpus.is_integer():
            raise ValueError(f"num_gpus above 1 must be whole, found {self.num_gpus}")
        return self


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class OutputConfig:
    """What a run writes beside its Parquet rows."""

    masks_png: bool = False
    """masks/<video>/00000.png, 0 and 255."""
    soft_png: bool = False
    """soft/<video>/00000.png, 16 bit, the soft mask times 65535."""
    overlay_mp4: bool = False
    """overlays/<video>.mp4."""
    flow_flo: bool = False
    """flow/<video>/fwd_of and bwd_of, at the working size."""
    strip_frames: Annotated[int, Field(ge=1, le=64)] = 6
    """Frames of the strip that the report shows for each video."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Config:
    """The whole of a run's settings."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of everything random: the random seed map, the network's weights and the order of its batches."""
    video: VideoConfig = VideoConfig()
    shots: ShotsConfig = ShotsConfig()
    flow: FlowConfig = FlowConfig()
    graph: GraphConfig = GraphConfig()
    network: NetworkConfig = NetworkConfig()
    cycle: CycleConfig = CycleConfig()
    windows: WindowsConfig = WindowsConfig()
    refine: RefineConfig = RefineConfig()
    workers: WorkersConfig = WorkersConfig()
    output: OutputConfig = OutputConfig()

    @model_validator(mode="after")
    def _windows_hold_enough_frames(self) -> "Config":
        height, width = self.video.working_size_px or (1, self.video.working_area_px)
        num_frames = self.windows.max_nodes // (height * width)
        if num_frames < 3 * self.windows.overlap_frames:
            raise ValueError(
                f"windows.max_nodes ({self.windows.max_nodes}) holds {num_frames} frames of the working size, and "
                f"windows.overlap_frames ({self.windows.overlap_frames}) needs three times as many as it. Raise max_nodes, "
                "which takes memory, or lower video.working_size_px, video.working_area_px or overlap_frames"
            )
        return self

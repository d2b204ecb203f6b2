"""The method: graph, network, cycles, windows, the way from soft masks to masks, and from masks to objects."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PublishedGraphConfig:
    """The published graph, which only graph.method=power uses: power iteration with projection onto motion features."""

    reach_frames: Annotated[int, Field(ge=1, le=255)] = 15
    """Chains reach this many frames forward and backward. Memory and time are proportional to it."""
    sigma_frames: Annotated[float, Field(gt=0)] = 4.0
    """Standard deviation of the temporal Gaussian that weighs a link by the frames it spans."""
    motion_reach_frames: Annotated[int, Field(ge=1, le=255)] = 5
    """Motion features are the step displacements of this many frames to each side."""
    ridge: Annotated[float, Field(gt=0)] = 100.0
    """Weight of the ridge in the projection onto the features (lambda in the paper)."""
    max_iterations: Annotated[int, Field(ge=1)] = 20
    """Iterations at most. The masks hardly move after ten."""
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    """The iteration stops once the soft mask moves by less than this, the mean of the absolute values; 0: it never does."""
    seed_map: Literal["gaussian", "uniform", "random"] = "gaussian"
    """Where the iteration starts. The answer hardly depends on it."""

    @model_validator(mode="after")
    def _features_lie_on_chains(self) -> "PublishedGraphConfig":
        if self.motion_reach_frames > self.reach_frames:
            raise ValueError(
                f"motion_reach_frames ({self.motion_reach_frames}) must not exceed reach_frames ({self.reach_frames})"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class GraphConfig:
    """The space-time graph: how the object's soft mask is found from motion, and in later cycles from the network's map."""

    method: Literal["walk", "power"] = "walk"
    """walk: the mean of what `cue` and `saliency_stride` ask, averaged along chains that can be trusted. power: the
    published power iteration with projection onto motion features, camera motion included, with the settings `published`."""
    cue: Literal["motion", "network", "both"] = "both"
    """What tells that something moves. motion: the size of the flow that the camera does not explain. network: a network that
    learned from drawn clips. both: their geometric mean. With graph.method=power it is asked for the confidence alone."""
    saliency_stride: Annotated[int, Field(ge=1)] | None = 5
    """What stands out in the picture counts beside motion. It is computed in every how many frames; chains carry it to the
    others. null: motion alone counts. Each takes 0.1 s of a core. With graph.method=power it is for the confidence alone."""
    published: PublishedGraphConfig = PublishedGraphConfig()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SecondCueConfig:
    """What a student that learned from other videos says about the frames of a new one, beside motion."""

    model: str | None = None
    """The folder of a student of `ike-ray train` that learned from videos like these; null: motion alone. What it does not
    take for an object counts less where it moves. Only with graph.method=walk."""
    weights_digest: str | None = None
    """Of its weights. The command sets it, so that a run refuses to be continued with another student's."""
    weight: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Motion where the student sees nothing is multiplied by 1 minus this. 0: the student is not heard; 1: it alone decides
    where motion counts."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class NetworkConfig:
    """The network that learns one video. The defaults suit a CPU; configs/paper.yaml has the published ones."""

    architecture: Literal["paper", "compact"] = "compact"
    """paper: the published residual U-Net, 67.39 M parameters. compact: the same family, small enough for a CPU."""
    num_epochs: Annotated[int, Field(ge=1)] = 5
    """Passes over the video, where `num_steps` is null: the longer the video, the longer the training."""
    num_steps: Annotated[int, Field(ge=1)] | None = 120
    """Gradient steps, whatever the video's length; null: `num_epochs` counts. Time is proportional to it."""
    area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] | None = 23296
    """The network sees frames of about this many pixels, its map is resized back; null, or more than the working size has:
    the working size. Time is proportional to it."""
    batch_size: Annotated[int, Field(ge=1)] = 3
    """Frames in one gradient step."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    """Of AdamW. 0.0001 as published, for the paper's network."""
    labels: Literal["hard", "soft"] = "soft"
    """hard: cross-entropy against the mask where the soft mask is above 0.5, as published. soft: against the soft mask
    itself, which drifts less from cycle to cycle."""
    dice_weight: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the soft Dice loss beside the cross-entropy. 1 as published; 0 leaves it out."""
    calibration: Literal["area", "none"] = "area"
    """area: the network's map is moved so that as much of the clip lies above 0.5 as of the labels that it learned. On soft
    labels of a small object a map may stay below 0.5 everywhere. none: as the network gives it."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """Arithmetic of convolutions. bfloat16 is used on GPUs and on CPUs with instructions for it (AVX-512 BF16, AMX); other
    CPUs compute in float32."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CycleConfig:
    """How often graph and network teach each other, and whose map is the answer."""

    max_cycles: Annotated[int, Field(ge=0)] = 0
    """Cycles at most. 0: the sharpened soft masks of the graph are the answer, and no network is trained."""
    stop_iou: Annotated[float, Field(gt=0)] = 0.95
    """Stop when the binary masks of two consecutive cycles have at least this mean IoU. Above 1: never stop early."""
    answer: Literal["exchange", "graph", "network", "both"] = "exchange"
    """Which soft mask is the answer. exchange: the graph's, the mean of what the network learned and of what the graph finds
    with the network's map as cue; the next cycle starts from it. graph: what the network learned. both: the mean of that and
    the network's map."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WindowsConfig:
    """A shot that is too long for one graph goes in overlapping windows. Cycles of each start where the last one ended."""

    max_nodes: Annotated[int, Field(ge=1)] = 4_000_000
    """Pixels (frames x height x width at the working size) of one window at most. Memory is proportional to it, whatever the
    video's length. 4,000,000 are 171 frames of 112 x 208 or 42 of 224 x 416."""
    overlap_frames: Annotated[int, Field(ge=1)] = 10
    """Frames that neighbouring windows share, over which their soft masks are faded into each other. A link over all 10
    weighs 0.28 of one between neighbours; a window needs three times as many."""
    num_steps: Annotated[int, Field(ge=1)] | None = 40
    """Gradient steps of the network in a window that continues a shot; null: as many as in the first."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RefineConfig:
    """From soft masks at the working size to binary masks at the video's own size."""

    sharpen: Literal["clip", "none"] = "clip"
    """clip: soft masks are snapped to the colours that the clip's frames share and to their edges, by one convex energy.
    none: they stay as the graph made them."""
    colour_weight: Annotated[float, Field(ge=0)] = 0.6
    """How much a pixel's colour counts in that energy, where 1 is as much as its motion. Lower it if objects have the colours
    of their background."""
    edge_weight: Annotated[float, Field(ge=0)] = 2.0
    """How much an outline costs in that energy. Raise it for smoother masks, lower it for thin parts."""
    edges: Literal["guided", "none"] = "guided"
    """guided: on the way to the video's own size soft masks are snapped to the edges of frames as large as flow's, by a
    guided filter: 0.03 s of a core a frame. none: they are resized."""
    threshold: Literal["upper_otsu", "otsu", "fixed"] = "fixed"
    """Where soft masks become masks, once for each clip. otsu: the value that best separates the clip's values into two
    classes. upper_otsu: Otsu's threshold of the values above that, for soft masks in which most of the background is not 0.
    fixed: `fixed_threshold` for every clip."""
    fixed_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """The threshold of every clip with threshold=fixed, and of a constant soft mask with the others."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ObjectsConfig:
    """The mask split into objects that keep their numbers through the video."""

    max_objects: Annotated[int, Field(ge=1, le=255)] = 1
    """1: the mask is one object. More: its connected components, followed along the flow, at most this many at a time."""
    min_area_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Of a frame's mask: a smaller component has no number, unless an object that was followed leads there."""

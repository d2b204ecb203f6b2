"""The method: the graph, the network, the cycles and windows, and how soft masks become masks and masks become objects."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PublishedGraphConfig:
    """The published graph: power iteration with projection onto motion features. Only graph.method=power uses it."""

    reach_frames: Annotated[int, Field(ge=1, le=255)] = 15
    """Chains reach this many frames forward and backward. Memory and time are proportional to it."""
    sigma_frames: Annotated[float, Field(gt=0)] = 4.0
    """The standard deviation of the temporal Gaussian. It weighs each link by the number of frames that the link spans."""
    motion_reach_frames: Annotated[int, Field(ge=1, le=255)] = 5
    """The motion features are the displacements from step to step over this many frames to each side."""
    ridge: Annotated[float, Field(gt=0)] = 100.0
    """The weight of the ridge in the projection onto the features. The paper calls it lambda."""
    max_iterations: Annotated[int, Field(ge=1)] = 20
    """The largest number of iterations. The masks hardly move after ten."""
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    """The iteration stops once the soft mask moves by less than this, in the mean of the absolute values. With 0, it never
    stops early."""
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
    """The space-time graph. It finds the object's soft mask from motion and, in later cycles, from the network's map."""

    method: Literal["walk", "power"] = "walk"
    """`walk` averages what `cue` and `saliency_stride` ask for along chains that can be trusted. `power` is the published
    power iteration with projection onto motion features. It takes the motion of the camera with it and has the settings
    `published`."""
    cue: Literal["motion", "network", "both"] = "both"
    """What tells that something moves. `motion` is the size of the flow that the camera does not explain. `network` is a
    network that learned from drawn clips. `both` is the geometric mean of the two. With graph.method=power, this serves the
    confidence alone."""
    far_gaps: tuple[Annotated[int, Field(ge=2)], ...] = (4, 8)
    """While the camera stands still, the network also looks at the flow between frames that lie this many frames apart, in
    which slow motion is larger, and the median of its answers counts. Each gap takes as long as the flow of neighbours, and
    counts in windows of at least twice as many frames. Flow from files has neighbours alone."""
    saliency_stride: Annotated[int, Field(ge=1)] | None = 5
    """What stands out in the picture counts beside motion. It is computed in one of this many frames, and chains carry it to
    the others. One frame takes 0.1 s of a core. With null, motion alone counts. With graph.method=power, this serves the
    confidence alone."""
    published: PublishedGraphConfig = PublishedGraphConfig()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SecondCueConfig:
    """What a student that learned from other videos says about the frames of a new video, beside its motion."""

    model: str | None = None
    """The folder of a student that `ike-ray train` made from videos like these. What it does not take for an object counts
    less where it moves. With null, motion alone counts. It needs graph.method=walk."""
    weights_digest: str | None = None
    """The digest of the student's weights. The command sets it, so that no run is continued with another student."""
    weight: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Motion is multiplied by 1 minus this where the student sees nothing. With 0, the student is not heard, and with 1 it
    alone decides where motion counts."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class NetworkConfig:
    """The network that learns one video. The defaults suit a CPU, and the settings `paper` have the published values."""

    architecture: Literal["paper", "compact"] = "compact"
    """`paper` is the published residual U-Net with 67.39 M parameters. `compact` is of the same family and small enough for a
    CPU."""
    num_epochs: Annotated[int, Field(ge=1)] = 5
    """How often the network sees the whole video if `num_steps` is null. A longer video then trains for longer."""
    num_steps: Annotated[int, Field(ge=1)] | None = 120
    """The number of gradient steps, whatever the video's length. Time is proportional to it. With null, `num_epochs`
    counts."""
    area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] | None = 23296
    """The network sees frames of about this many pixels, and its map is resized back. With null, or if the working size has
    fewer pixels, the network sees the working size. Time is proportional to this."""
    batch_size: Annotated[int, Field(ge=1)] = 3
    """The number of frames in one gradient step."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    """The learning rate of AdamW. The published value for the paper's network is 0.0001."""
    labels: Literal["hard", "soft"] = "soft"
    """`hard` learns the mask, which is where the soft mask is above 0.5, by cross-entropy, as published. `soft` learns the
    soft mask itself, which drifts less from cycle to cycle."""
    dice_weight: Annotated[float, Field(ge=0)] = 0.0
    """The weight of the soft Dice loss beside the cross-entropy. The published value is 1, and 0 leaves it out."""
    calibration: Literal["area", "none"] = "area"
    """`area` moves the network's map so that as much of the clip lies above 0.5 as of the labels that it learned. Without it
    a map that learned soft labels of a small object may stay below 0.5 everywhere. `none` leaves the map as it is."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """The arithmetic of the convolutions. bfloat16 is used on GPUs and on CPUs with instructions for it (AVX-512 BF16, AMX).
    Other CPUs compute in float32."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CycleConfig:
    """How often the graph and the network teach each other, and whose map is the answer."""

    max_cycles: Annotated[int, Field(ge=0)] = 0
    """The largest number of cycles. With 0, no network is trained. The graph then hears twice what colours and edges made of
    its soft masks, and the sharpened masks are the answer."""
    stop_iou: Annotated[float, Field(gt=0)] = 0.95
    """Stop when the masks of two consecutive cycles have at least this mean IoU. A value above 1 never stops early."""
    answer: Literal["exchange", "graph", "network", "both"] = "exchange"
    """Which soft mask is the answer. `exchange` is the mean of what the network learned and of what the graph finds with the
    network's map as its cue, and the next cycle starts from it. `graph` is what the network learned. `network` is the
    network's map. `both` is the mean of the last two."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WindowsConfig:
    """A shot too long for one graph goes in overlapping windows. The cycles of each window start where the last one ended."""

    max_nodes: Annotated[int, Field(ge=1)] = 4_000_000
    """The largest number of pixels in one window (frames x height x width at the working size). Memory is proportional to it,
    whatever the video's length. 4,000,000 pixels are 171 frames of 112 x 208 or 42 of 224 x 416."""
    overlap_frames: Annotated[int, Field(ge=1)] = 10
    """Neighbouring windows share this many frames, over which their soft masks are faded into each other. A link over all 10
    frames weighs 0.28 of a link between neighbours. A window has to hold three times as many frames."""
    num_steps: Annotated[int, Field(ge=1)] | None = 40
    """The number of gradient steps in a window that continues a shot. With null, it is that of the first window."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ClipFeaturesConfig:
    """What a self-supervised vision transformer sees in the frames counts beside their colours, if a model is named."""

    model: Annotated[str, Field(min_length=1)] | None = None
    """The folder of a model that transformers saved, or its name on the hub, such as facebook/dino-vits16. Patches that look
    to it like the object of the clip join the mask, and patches that look like the background leave it. With null, colours
    count alone. It needs pip install 'ike_ray[vit]' and refine.sharpen=clip."""
    weight: Annotated[float, Field(gt=0)] = 0.6
    """How much a patch's features count when soft masks are sharpened. With 1, they count as much as the pixel's motion.
    Lower it if parts of the background are things of the object's kind."""
    block: Annotated[int, Field(ge=-64, le=63)] = -1
    """The number of the attention block that features are taken from. With -1, it is the last one."""
    kind: Literal["keys", "queries", "values", "tokens"] = "keys"
    """The part of the block that features are, with all heads together. `tokens` is the output of the block."""
    image_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] | None = 230_400
    """The model sees frames of about this many pixels, made from those of `video.flow_area_px`. With null, they keep about
    that size. More pixels give finer features, and time grows faster than this."""
    batch_size: Annotated[int, Field(ge=1)] = 8
    """The number of frames that go through the model at once. Raise it on a GPU until it is busy."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """The arithmetic of the model. bfloat16 is used on GPUs and on CPUs with instructions for it (AVX-512 BF16, AMX). Other
    CPUs compute in float32."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RefineConfig:
    """How soft masks at the working size become binary masks at the video's own size."""

    sharpen: Literal["clip", "none"] = "clip"
    """`clip` snaps the soft masks to the colours that the clip's frames share and to their edges, by one convex energy.
    `none` leaves them as the graph made them."""
    colour_weight: Annotated[float, Field(ge=0)] = 0.6
    """How much a pixel's colour counts in that energy. With 1, it counts as much as the pixel's motion. Lower it if objects
    have the colours of their background."""
    edge_weight: Annotated[float, Field(ge=0)] = 2.0
    """How much an outline costs in that energy. Raise it for smoother masks, and lower it for thin parts."""
    edges: Literal["guided", "none"] = "guided"
    """`guided` snaps the soft masks to the edges of the frame on the way to the video's own size. A guided filter does this
    at the size at which flow is estimated, in 0.03 s of a core a frame. `none` resizes them."""
    threshold: Literal["upper_otsu", "otsu", "fixed"] = "fixed"
    """Where soft masks are cut into masks, once for each clip. `fixed` cuts every clip at `fixed_threshold`. `otsu` cuts at
    the value that best separates the clip's values into two classes. `upper_otsu` takes Otsu's threshold of the values above
    that one. It suits soft masks in which most of the background is not 0."""
    fixed_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """The threshold of every clip with threshold=fixed. With the others, it is the threshold of a constant soft mask."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ObjectsConfig:
    """How the mask is split into objects that keep their numbers through the video."""

    max_objects: Annotated[int, Field(ge=1, le=255)] = 1
    """With 1, the mask is one object. With more, its connected components are followed along the flow, at most this many at a
    time."""
    min_area_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """A component that covers a smaller share of the frame's mask gets no number, unless an object was followed to it."""

"""The student: one network that learns the masks of a whole corpus, what it is shown, and how it is trained."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StudentConfig:
    """The network that is trained: a residual U-Net that sees single frames."""

    widths: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=2, max_length=8)] = (12, 24, 48, 96, 96)
    """Channels of its levels, the finest first; each level has half the sides of the one before. Time grows with the square
    of the first ones. The published network of IKE has [64, 128, 256, 512, 1024]."""
    units_a_block: Annotated[int, Field(ge=1, le=8)] = 1
    """Residual units in each block."""
    num_classes: Annotated[int, Field(ge=1, le=254)] = 1
    """Classes beside the background. 1: object or not, from the column `mask`. More: the labels 1 to this of the column
    `objects`."""
    area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] = 23_296
    """Frames are seen at about this many pixels, at their own aspect. 23296 is 112 x 208 for a 16:9 video. Time is
    proportional to it."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SamplesConfig:
    """Which frames of the runs are learned from, and which are held out."""

    held_out_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the videos that is not learned from and on which agreement with the masks is measured: at least one video,
    if there are two, and 64 at most. 0: none."""
    frames_a_visit: Annotated[int, Field(ge=1)] = 16
    """Each time that a video is opened, this many of its frames are learned from, spread evenly; other ones the next time. So
    a long video counts as much as a short one. More saves decoding, fewer mixes better."""
    shuffled_frames: Annotated[int, Field(ge=1)] = 256
    """Frames of different videos that each worker holds and draws its batches from."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Frames whose masks have a lower confidence are left out."""
    min_video_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Videos with a lower mean confidence are left out."""
    weighting: Literal["confidence", "none"] = "none"
    """confidence: a frame counts as much as its mask is to be trusted. none: all count the same."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AugmentConfig:
    """How a frame is varied each time that it is learned from."""

    crop_size_px: tuple[Annotated[int, Field(ge=32)], Annotated[int, Field(ge=32)]] = (112, 208)
    """Height and width of what the network sees in training: a crop of the frame, enlarged or shrunk to this."""
    flip: bool = True
    """Half of the frames are mirrored left to right."""
    colour: Annotated[float, Field(ge=0, lt=1)] = 0.3
    """Brightness, contrast and saturation are multiplied by up to 1 plus or minus this. 0: left as they are."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainingConfig:
    """The steps."""

    num_steps: Annotated[int, Field(ge=1)] = 2000
    """Gradient steps. Time is proportional to it."""
    batch_size: Annotated[int, Field(ge=1)] = 16
    """Frames in one step, of all workers together: a multiple of the number of workers."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    """Of AdamW, at its highest: it rises for the first twentieth of the steps and then falls linearly to 0."""
    dice_weight: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the soft Dice loss beside the cross-entropy: small objects count as much as large ones."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """Arithmetic of convolutions. bfloat16 is used on GPUs and on CPUs with instructions for it (AVX-512 BF16, AMX); other
    CPUs compute in float32. Weights and their sums are float32."""
    report_every_steps: Annotated[int, Field(ge=1)] = 100
    """After so many steps the held-out videos are measured, progress is shown and a checkpoint is written, from which a
    killed training goes on."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StudentMasksConfig:
    """From the student's probabilities to masks at the video's own size."""

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Where an object is more likely than this, it is in the mask."""
    edges: Literal["guided", "none"] = "guided"
    """guided: probabilities are snapped to the edges of the frame, as in `ike-ray segment`. none: they are resized."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainersConfig:
    """The workers that train together, each on its share of every batch, and the tasks that read for them."""

    num_workers: Annotated[int, Field(ge=1)] = 1
    """Workers; each step waits for the slowest."""
    num_cpus: Annotated[int, Field(ge=1)] = 1
    """CPUs of one worker."""
    num_gpus: Annotated[float, Field(ge=0)] = 0.0
    """GPUs of one worker. 0: the CPU computes."""
    num_readers: Annotated[int, Field(ge=1)] = 2
    """Tasks that read videos at once. They take CPUs that the workers leave, and share theirs where there are none."""
    patience_s: Annotated[float, Field(ge=0)] = 300.0
    """Seconds over which a storage that does not answer is tried again."""
    time_limit_s: Annotated[float, Field(gt=0)] = 600.0
    """Seconds that reading the frames of one visit of a video may take. A video that hangs is then left out."""
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    """Memory that one reader may take, in 10^9 bytes; null: its share of 90 % of its machine's. A video that takes more is
    left out."""
    max_tries: Annotated[int, Field(ge=1)] = 3
    """Tries of a video that crashes its reader, takes too much memory or hangs. Then it is left out."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainConfig:
    """The whole of the settings of `ike-ray train`."""

    job: ClassVar[str] = "train"
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of everything random: the first weights, which videos are held out, the order of videos and how frames vary."""
    student: StudentConfig = StudentConfig()
    samples: SamplesConfig = SamplesConfig()
    augment: AugmentConfig = AugmentConfig()
    training: TrainingConfig = TrainingConfig()
    workers: TrainersConfig = TrainersConfig()

    @model_validator(mode="after")
    def _workers_share_batches(self) -> "TrainConfig":
        if self.training.batch_size % self.workers.num_workers:
            raise ValueError(
                f"training.batch_size ({self.training.batch_size}) must be a multiple of workers.num_workers "
                f"({self.workers.num_workers}): each worker takes the same share of a batch"
            )
        return self

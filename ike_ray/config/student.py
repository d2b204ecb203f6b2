"""The student, one network that learns the masks of a whole corpus: what it is shown, and how it is trained."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StudentConfig:
    """The network that is trained: a residual U-Net that sees single frames."""

    widths: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=2, max_length=8)] = (12, 24, 48, 96, 96)
    """The number of channels of each level, from the finest on. Each level has half the sides of the one before. Time grows
    with the square of the first numbers. The published network of IKE has [64, 128, 256, 512, 1024]."""
    units_a_block: Annotated[int, Field(ge=1, le=8)] = 1
    """The number of residual units in each block."""
    num_classes: Annotated[int, Field(ge=1, le=254)] = 1
    """The number of classes beside the background. With 1, the student learns object or not, from the column `mask`. With
    more, it learns the labels from 1 to this number, from the column `objects`."""
    area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] = 23_296
    """The student sees frames at about this many pixels, with their own aspect. 23296 is 112 x 208 for a 16:9 video. Time is
    proportional to it."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SamplesConfig:
    """Which frames of the runs the student learns from, and which are held out."""

    held_out_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """The student does not learn from this share of the videos. Its agreement with the masks is measured on them. It is at
    least one video if there are two, and at most 64. With 0, there is none."""
    frames_a_visit: Annotated[int, Field(ge=1)] = 16
    """The student learns from this many frames each time that a video is opened. They are spread evenly and are others the
    next time, so a long video counts as much as a short one. More frames save decoding, and fewer mix better."""
    shuffled_frames: Annotated[int, Field(ge=1)] = 256
    """Each worker holds this many frames of different videos and draws its batches from them."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Frames whose masks have a lower confidence are left out."""
    min_video_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Videos with a lower mean confidence are left out."""
    only_accepted: bool = False
    """The student learns only from videos whose masks a person accepted, which `ike-ray review` puts into the run. It learns
    the same masks of them as it would without this setting."""
    weighting: Literal["confidence", "none"] = "none"
    """`confidence` lets a frame count as much as its mask is to be trusted. `none` lets all frames count the same."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AugmentConfig:
    """How a frame is varied each time that the student learns from it."""

    crop_size_px: tuple[Annotated[int, Field(ge=32)], Annotated[int, Field(ge=32)]] = (112, 208)
    """The height and width of what the network sees in training: a crop of the frame, enlarged or shrunk to this size."""
    flip: bool = True
    """Mirror half of the frames left to right."""
    colour: Annotated[float, Field(ge=0, lt=1)] = 0.3
    """Brightness, contrast and saturation are multiplied by 1 plus or minus at most this. With 0, they stay as they are."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainingConfig:
    """How many steps the training has, and what a step does."""

    num_steps: Annotated[int, Field(ge=1)] = 2000
    """The number of gradient steps. Time is proportional to it."""
    batch_size: Annotated[int, Field(ge=1)] = 16
    """The number of frames in one step, of all workers together. It is a multiple of the number of workers."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    """The highest learning rate of AdamW. The rate rises for the first twentieth of the steps and then falls linearly to
    0."""
    dice_weight: Annotated[float, Field(ge=0)] = 1.0
    """The weight of the soft Dice loss beside the cross-entropy. It makes small objects count as much as large ones."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """The arithmetic of the convolutions. bfloat16 is used on GPUs and on CPUs with instructions for it (AVX-512 BF16, AMX).
    Other CPUs compute in float32. Weights and their sums are float32."""
    report_every_steps: Annotated[int, Field(ge=1)] = 100
    """After this many steps the held-out videos are measured, progress is shown and a checkpoint is written. A killed
    training goes on from its last checkpoint."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StudentMasksConfig:
    """How the student's probabilities become masks at the video's own size."""

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """A pixel is in the mask where an object is more likely than this."""
    edges: Literal["guided", "none"] = "guided"
    """`guided` snaps the probabilities to the edges of the frame, as in `ike-ray segment`. `none` resizes them."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainersConfig:
    """The workers that train together, each on its share of every batch, and the tasks that read videos for them."""

    num_workers: Annotated[int, Field(ge=1)] = 1
    """The number of workers. Each step waits for the slowest."""
    num_cpus: Annotated[int, Field(ge=1)] = 1
    """The CPUs of one worker."""
    num_gpus: Annotated[float, Field(ge=0)] = 0.0
    """The GPUs of one worker. With 0, the CPU computes."""
    num_readers: Annotated[int, Field(ge=1)] = 2
    """The number of tasks that read videos at once. They take CPUs that the workers leave, and share the workers' CPUs if
    there are no others."""
    patience_s: Annotated[float, Field(ge=0)] = 300.0
    """For how many seconds a storage that does not answer is tried again."""
    time_limit_s: Annotated[float, Field(gt=0)] = 600.0
    """The seconds that reading the frames of one visit of a video may take. A video that hangs is then left out."""
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    """The memory that one reader may take, in 10^9 bytes. null gives it its share of 90 % of the machine's memory. A video
    that takes more is left out."""
    max_tries: Annotated[int, Field(ge=1)] = 3
    """How often a video is tried that crashes its reader, takes too much memory or hangs. After that it is left out."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainConfig:
    """All settings of `ike-ray train`."""

    job: ClassVar[str] = "train"
    seed: Annotated[int, Field(ge=0)] = 0
    """The seed of everything random: the first weights, which videos are held out, the order of videos and how frames
    vary."""
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

"""How a corpus is carried: workers, and what is written."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WorkersConfig:
    """The actor pool that a corpus is sharded over. The number of workers never changes a mask."""

    num_workers: Annotated[int, Field(ge=1)] | None = None
    """Actors; null: as many as the cluster's CPUs (or GPUs) hold."""
    num_cpus: Annotated[int, Field(ge=1)] = 1
    """Whole CPUs of one actor: its torch and OpenCV threads equal them. Another number can change the last bits."""
    num_gpus: Annotated[float, Field(ge=0)] = 0.0
    """GPUs of one actor; a fraction puts several actors on one GPU. 0: the CPU computes."""
    images_at_once: Annotated[int, Field(ge=1)] = 32
    """Jobs over images only: images that a worker takes at once. It reads and writes them over 16 connections, and those of
    one size go through the model together, `features.batch_size` at a time. Their files are in memory, one batch decoded."""
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


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OutputConfig:
    """What a run writes beside its Parquet rows."""

    masks_png: bool = False
    """masks/<video>/00000.png, 0 and 255; with several objects their numbers."""
    soft_png: bool = False
    """soft/<video>/00000.png, 16 bit, the soft mask times 65535."""
    overlay_mp4: bool = False
    """overlays/<video>.mp4."""
    composite: str | None = None
    """`ike-ray spectral` with task matte only: composites/<image>.jpg, the object before this background, a colour such as
    "#00b140" or an image."""
    flow_flo: bool = False
    """flow/<video>/fwd_of and bwd_of, at the working size."""
    strip_frames: Annotated[int, Field(ge=1, le=64)] = 8
    """Frames of each video that the report shows, spread evenly: strips/<video>.jpg. One takes about 13 kB."""
    layers: bool = True
    """layers/<video>.jpg: of the same frames, how they were found: the frame, its flow, the graph's soft mask, the network's.
    About 22 kB a frame."""
    profile: bool = False
    """Column `profile` of the outcome rows: processor time and peak memory of each stage. `ike-ray segment --profile` sets
    it."""

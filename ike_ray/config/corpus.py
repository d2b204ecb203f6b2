"""How the work on a corpus is divided among workers, and what a run writes."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WorkersConfig:
    """The workers that a corpus is divided among. Their number never changes a mask."""

    num_workers: Annotated[int, Field(ge=1)] | None = None
    """The number of workers. null takes as many as the CPUs (or GPUs) of the cluster hold, and more as nodes join it."""
    num_cpus: Annotated[int, Field(ge=1)] = 1
    """The whole CPUs of one worker. Torch and OpenCV use as many threads. Another number can change the last bits."""
    num_gpus: Annotated[float, Field(ge=0)] = 0.0
    """The GPUs of one worker. A fraction puts several workers on one GPU. With 0, the CPU computes."""
    images_at_once: Annotated[int, Field(ge=1)] = 32
    """Only for commands over images: how many images a worker takes at once. It reads and writes them over 16 connections.
    Images of one size go through the model together, `features.batch_size` at a time. The files of all of them are in memory,
    and one batch is decoded."""
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    """The memory that one worker may take, in 10^9 bytes. null gives it its share of 90 % of the machine's memory. A video
    that takes more is stopped and fails with that reason, before the machine suffers."""
    time_limit_s: Annotated[float, Field(gt=0)] = 3600.0
    """The seconds that a worker may go without a sign of life. It gives one after each window of a video. Lower this once you
    know how long your longest window takes."""
    max_tries: Annotated[int, Field(ge=1)] = 3
    """How often a video is tried that crashes its process, takes too much memory or hangs. After that it is `failed`."""
    max_losses: Annotated[int, Field(ge=1)] = 10
    """How often a video is tried whose process is killed from outside or goes down with its machine. Raise it on spot
    machines that seldom last as long as one video."""
    patience_s: Annotated[float, Field(ge=0)] = 300.0
    """For how many seconds a storage that does not answer, or a full disk, is tried again. After that the video fails. If it
    is the run's own folder that cannot be written, the job stops."""

    @model_validator(mode="after")
    def _is_what_ray_takes(self) -> "WorkersConfig":
        if self.num_gpus > 1 and not self.num_gpus.is_integer():
            raise ValueError(f"num_gpus above 1 must be whole, found {self.num_gpus}")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OutputConfig:
    """What a run writes beside its Parquet rows."""

    masks_png: bool = False
    """Write masks/<video>/00000.png with the values 0 and 255, or with the objects' numbers if there are several objects."""
    soft_png: bool = False
    """Write soft/<video>/00000.png with 16 bits: the soft mask times 65535."""
    overlay_mp4: bool = False
    """Write overlays/<video>.mp4, the video with its masks drawn over it."""
    composite: str | None = None
    """Only for `ike-ray spectral` with the task matte: write composites/<image>.jpg, the object in front of this background.
    Give a colour such as "#00b140" or the path of an image."""
    flow_flo: bool = False
    """Write the flow at the working size as .flo files, into fwd_of and bwd_of in flow/<video>."""
    strip_frames: Annotated[int, Field(ge=1, le=64)] = 8
    """How many frames of each video the report shows. They are spread evenly and written to strips/<video>.jpg. A frame takes
    about 13 kB."""
    layers: bool = True
    """Write layers/<video>.jpg, which shows for the same frames how the mask was found: the frame, its flow, the graph's soft
    mask and the network's. A frame takes about 22 kB."""
    profile: bool = False
    """Write the processor time and peak memory of each stage into the column `profile` of the outcome rows. `ike-ray segment
    --profile` sets this."""

"""All settings of a run, and what must hold between stages."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.corpus import OutputConfig, WorkersConfig
from ike_ray.config.method import CycleConfig, GraphConfig, NetworkConfig, ObjectsConfig, RefineConfig, WindowsConfig
from ike_ray.config.strict import STRICT
from ike_ray.config.video import FlowConfig, ShotsConfig, VideoConfig


@dataclass(frozen=True, kw_only=True, config=STRICT)
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
    objects: ObjectsConfig = ObjectsConfig()
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

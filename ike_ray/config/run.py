"""All settings of a run, with one record for each command, and what must hold between stages."""

from typing import Annotated, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.corpus import OutputConfig, WorkersConfig
from ike_ray.config.method import (
    ClipFeaturesConfig,
    CycleConfig,
    GraphConfig,
    NetworkConfig,
    ObjectsConfig,
    RefineConfig,
    SecondCueConfig,
    WindowsConfig,
)
from ike_ray.config.spectral import (
    AffinityConfig,
    EigenConfig,
    FeaturesConfig,
    MaskConfig,
    MatteConfig,
    RegionsConfig,
    SpectralConfig,
)
from ike_ray.config.strict import STRICT
from ike_ray.config.student import StudentMasksConfig
from ike_ray.config.video import FlowConfig, ShotsConfig, VideoConfig


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Config:
    """All settings of `ike-ray segment`."""

    job: ClassVar[str] = "segment"
    seed: Annotated[int, Field(ge=0)] = 0
    """The seed of everything random: the random seed map, the network's weights and the order of its batches."""
    video: VideoConfig = VideoConfig()
    shots: ShotsConfig = ShotsConfig()
    flow: FlowConfig = FlowConfig()
    graph: GraphConfig = GraphConfig()
    second_cue: SecondCueConfig = SecondCueConfig()
    network: NetworkConfig = NetworkConfig()
    cycle: CycleConfig = CycleConfig()
    windows: WindowsConfig = WindowsConfig()
    features: ClipFeaturesConfig = ClipFeaturesConfig()
    refine: RefineConfig = RefineConfig()
    objects: ObjectsConfig = ObjectsConfig()
    workers: WorkersConfig = WorkersConfig()
    output: OutputConfig = OutputConfig()

    @model_validator(mode="after")
    def _second_cue_is_heard(self) -> "Config":
        if self.second_cue.model is not None and self.graph.method == "power":
            raise ValueError(
                "second_cue.model weighs the motion of graph.method=walk, and graph.method is power, which has no use "
                "for it. Choose walk, or leave second_cue.model out"
            )
        return self

    @model_validator(mode="after")
    def _features_are_used(self) -> "Config":
        if self.features.model is not None and self.refine.sharpen == "none":
            raise ValueError(
                "features.model serves refine.sharpen=clip, and refine.sharpen is none. Choose clip, or leave features.model "
                "out"
            )
        return self

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


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SpectralRunConfig:
    """All settings of `ike-ray spectral`."""

    job: ClassVar[str] = "spectral"
    seed: Annotated[int, Field(ge=0)] = 0
    """The seed of everything random: where the eigenvectors start from, and k-means."""
    task: Literal["localize", "segment", "regions", "matte"] = "segment"
    """What is made of the eigenvectors. `localize` makes boxes. `segment` makes masks at full size. `regions` numbers every
    region. `matte` makes masks with opacity, and cut-outs."""
    video: VideoConfig = VideoConfig()
    features: FeaturesConfig = FeaturesConfig()
    affinity: AffinityConfig = AffinityConfig()
    eigenvectors: EigenConfig = EigenConfig()
    mask: MaskConfig = MaskConfig()
    regions: RegionsConfig = RegionsConfig()
    matte: MatteConfig = MatteConfig()
    workers: WorkersConfig = WorkersConfig()
    output: OutputConfig = OutputConfig()

    @property
    def method(self) -> SpectralConfig:
        """Return the part that says how an image becomes eigenvectors, and they become what the task asks for."""
        return SpectralConfig(
            features=self.features,
            affinity=self.affinity,
            eigenvectors=self.eigenvectors,
            mask=self.mask,
            regions=self.regions,
            matte=self.matte,
        )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PredictRunConfig:
    """All settings of `ike-ray predict`."""

    job: ClassVar[str] = "predict"
    model: str | None = None
    """The folder of a trained student. The option --model sets it."""
    weights_digest: str | None = None
    """The digest of the student's weights. The command sets it, so that no run is continued with another student."""
    batch_size: Annotated[int, Field(ge=1)] = 8
    """The number of frames that go through the network at once."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """The arithmetic of the convolutions, as in `ike-ray train`."""
    video: VideoConfig = VideoConfig()
    masks: StudentMasksConfig = StudentMasksConfig()
    workers: WorkersConfig = WorkersConfig()
    output: OutputConfig = OutputConfig()


@runtime_checkable
class RunConfig(Protocol):
    """The settings of any command that fills a run's folder: the name of the command, and its workers."""

    job: ClassVar[str]

    @property
    def workers(self) -> WorkersConfig:
        """Return the settings of the workers."""
        ...

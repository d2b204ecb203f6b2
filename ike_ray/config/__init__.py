"""Every setting: one frozen record a stage, with its default, its range and when to change it.

Defaults live here and only here; a YAML file states what differs from them. `ike-ray settings` prints them as YAML. What does
not belong here: reading settings (`settings`), acting on them.
"""

from ike_ray.config.corpus import OutputConfig, WorkersConfig
from ike_ray.config.method import CycleConfig, GraphConfig, NetworkConfig, ObjectsConfig, RefineConfig, WindowsConfig
from ike_ray.config.run import Config, Job, PredictRunConfig, RunConfig, SpectralRunConfig, choose_run_config, name_job
from ike_ray.config.spectral import (
    AffinityConfig,
    EigenConfig,
    FeaturesConfig,
    MaskConfig,
    MatteConfig,
    RegionsConfig,
    SpectralConfig,
)
from ike_ray.config.student import (
    AugmentConfig,
    SamplesConfig,
    StudentConfig,
    TrainConfig,
    TrainersConfig,
    TrainingConfig,
)
from ike_ray.config.video import FlowConfig, ShotsConfig, VideoConfig

__all__ = [
    "AffinityConfig",
    "AugmentConfig",
    "Config",
    "CycleConfig",
    "EigenConfig",
    "FeaturesConfig",
    "FlowConfig",
    "GraphConfig",
    "Job",
    "MaskConfig",
    "MatteConfig",
    "NetworkConfig",
    "ObjectsConfig",
    "OutputConfig",
    "PredictRunConfig",
    "RefineConfig",
    "RegionsConfig",
    "RunConfig",
    "SamplesConfig",
    "ShotsConfig",
    "SpectralConfig",
    "SpectralRunConfig",
    "StudentConfig",
    "TrainConfig",
    "TrainersConfig",
    "TrainingConfig",
    "VideoConfig",
    "WindowsConfig",
    "WorkersConfig",
    "choose_run_config",
    "name_job",
]

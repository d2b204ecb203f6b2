"""Every setting of every command. Each stage has one frozen record with the default, the range and the use of its settings.

The defaults live here and only here, and a YAML file states what differs from them. `ike-ray settings` prints them as YAML.
`ike_ray.settings` reads settings from files, and the stages act on them; neither belongs here.
"""

from ike_ray.config.corpus import OutputConfig, WorkersConfig
from ike_ray.config.method import (
    ClipFeaturesConfig,
    CycleConfig,
    GraphConfig,
    NetworkConfig,
    ObjectsConfig,
    PublishedGraphConfig,
    RefineConfig,
    SecondCueConfig,
    WindowsConfig,
)
from ike_ray.config.run import (
    Config,
    PredictRunConfig,
    RunConfig,
    SpectralRunConfig,
)
from ike_ray.config.semantics import ClustersConfig, DescriptorsConfig, SemanticsConfig, SheetsConfig
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
    StudentMasksConfig,
    TrainConfig,
    TrainersConfig,
    TrainingConfig,
)
from ike_ray.config.video import FlowConfig, ShotsConfig, VideoConfig

__all__ = [
    "AffinityConfig",
    "AugmentConfig",
    "ClipFeaturesConfig",
    "ClustersConfig",
    "Config",
    "CycleConfig",
    "DescriptorsConfig",
    "EigenConfig",
    "FeaturesConfig",
    "FlowConfig",
    "GraphConfig",
    "MaskConfig",
    "MatteConfig",
    "NetworkConfig",
    "ObjectsConfig",
    "OutputConfig",
    "PredictRunConfig",
    "PublishedGraphConfig",
    "RefineConfig",
    "RegionsConfig",
    "RunConfig",
    "SamplesConfig",
    "SecondCueConfig",
    "SemanticsConfig",
    "SheetsConfig",
    "ShotsConfig",
    "SpectralConfig",
    "SpectralRunConfig",
    "StudentConfig",
    "StudentMasksConfig",
    "TrainConfig",
    "TrainersConfig",
    "TrainingConfig",
    "VideoConfig",
    "WindowsConfig",
    "WorkersConfig",
]

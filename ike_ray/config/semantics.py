"""How the regions of a corpus get names: descriptors, clusters, contact sheets."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.corpus import WorkersConfig
from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DescriptorsConfig:
    """What regions are compared by. Other values here make all descriptors anew, except of `batch_size`."""

    source: Literal["appearance", "vit"] = "appearance"
    """appearance: colours, edges and outline of the region. No weights are needed; it finds what looks alike, not what is
    alike. vit: the class token of a self-supervised vision transformer, `model`, as published."""
    model: str | None = None
    """vit only: a folder with a model that transformers saved, or its name on the hub, such as facebook/dino-vits16."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """vit only: arithmetic of the model. bfloat16 is used on GPUs and on CPUs with instructions for it; other CPUs compute in
    float32."""
    batch_size: Annotated[int, Field(ge=1)] = 32
    """Crops that go through the model at once."""
    crop_side_px: Annotated[int, Field(ge=32, le=1024)] = 224
    """Crops are resized to squares of this side. 224 is what most models were trained with."""
    margin_fraction: Annotated[float, Field(ge=0, le=1)] = 0.05
    """The crop reaches beyond the box of the region by this share of the box's sides, as far as there is a picture. Raise it
    if what is around a region tells what it is."""
    min_area_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Regions that cover less of the frame get no descriptor and no label."""

    @model_validator(mode="after")
    def _has_its_model(self) -> "DescriptorsConfig":
        if self.source == "vit" and not self.model:
            raise ValueError("source vit needs `model`: a local folder, or a name on the hub such as facebook/dino-vits16")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ClustersConfig:
    """How descriptors become clusters."""

    num_clusters: Annotated[int, Field(ge=2, le=10_000)] = 20
    """Clusters of regions; background is not one of them. 20, and background, are as many as VOC 2012 has classes."""
    num_components: Annotated[int, Field(ge=1)] | None = None
    """Principal components that descriptors are reduced to before; null: they stay as they are."""
    seed: Annotated[int, Field(ge=0)] = 0
    """The first seed of k-means; each further one is one more."""
    num_seeds: Annotated[int, Field(ge=1, le=100)] = 5
    """Times that regions are clustered, each from another seed: how far these agree says how far to trust the clusters."""
    choice: Literal["inertia", "agreement"] = "inertia"
    """Which seed gives the labels. inertia: the one whose regions are closest to their centres. agreement: the one that
    agrees best with the others."""
    sample_size: Annotated[int, Field(ge=1000)] = 50_000
    """Descriptors held in memory at most: k-means begins with so many, drawn evenly from the corpus."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SheetsConfig:
    """Contact sheets: what is in a cluster, to look at and to name."""

    num_regions: Annotated[int, Field(ge=1, le=400)] = 24
    """Regions nearest to the cluster's centre that its sheet shows, of as many videos as possible."""
    tile_px: Annotated[int, Field(ge=32, le=512)] = 128
    """Side of one region on it."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SemanticsConfig:
    """The whole of the settings of `ike-ray semantics`."""

    job: ClassVar[str] = "semantics"
    descriptors: DescriptorsConfig = DescriptorsConfig()
    clusters: ClustersConfig = ClustersConfig()
    sheets: SheetsConfig = SheetsConfig()
    workers: WorkersConfig = WorkersConfig()

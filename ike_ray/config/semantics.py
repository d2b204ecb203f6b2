"""How the regions of a corpus get names: their descriptors, their clusters and the contact sheets."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.corpus import WorkersConfig
from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DescriptorsConfig:
    """What regions are compared by. A change of any value but `batch_size` makes all descriptors again."""

    source: Literal["appearance", "vit"] = "appearance"
    """`appearance` describes the colours, the edges and the outline of a region. It needs no weights, and it finds what looks
    alike, not what is alike. `vit` is the class token of a self-supervised vision transformer, `model`, as published."""
    model: str | None = None
    """Only for vit: a folder with a model that transformers saved, or its name on the hub, such as facebook/dino-vits16."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """Only for vit: the arithmetic of the model. bfloat16 is used on GPUs and on CPUs with instructions for it. Other CPUs
    compute in float32."""
    batch_size: Annotated[int, Field(ge=1)] = 32
    """The number of crops that go through the model at once."""
    crop_side_px: Annotated[int, Field(ge=32, le=1024)] = 224
    """Crops are resized to squares with this side. Most models were trained with 224."""
    margin_fraction: Annotated[float, Field(ge=0, le=1)] = 0.05
    """The crop reaches beyond the region's box by this share of the box's sides, as far as there is a picture. Raise it if
    the surroundings of a region tell what it is."""
    min_area_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """A region that covers a smaller share of the frame gets no descriptor and no label."""

    @model_validator(mode="after")
    def _has_its_model(self) -> "DescriptorsConfig":
        if self.source == "vit" and not self.model:
            raise ValueError("source vit needs `model`: a local folder, or a name on the hub such as facebook/dino-vits16")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ClustersConfig:
    """How descriptors become clusters."""

    num_clusters: Annotated[int, Field(ge=2, le=10_000)] = 20
    """The number of clusters. The background is not one of them. VOC 2012 has 20 classes and a background."""
    num_components: Annotated[int, Field(ge=1)] | None = None
    """Descriptors are first reduced to this many principal components. With null, they stay as they are."""
    seed: Annotated[int, Field(ge=0)] = 0
    """The first seed of k-means. Each further seed is one higher."""
    num_seeds: Annotated[int, Field(ge=1, le=100)] = 5
    """How often the regions are clustered, each time with another seed. How far the seeds agree tells how far to trust the
    clusters."""
    choice: Literal["inertia", "agreement"] = "inertia"
    """Which seed gives the labels. `inertia` takes the one whose regions are closest to their centres. `agreement` takes the
    one that agrees best with the others."""
    sample_size: Annotated[int, Field(ge=1000)] = 50_000
    """The largest number of descriptors in memory. k-means begins with as many, which are drawn evenly from the corpus."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SheetsConfig:
    """Contact sheets, which show what is in a cluster, so that you can name it."""

    num_regions: Annotated[int, Field(ge=1, le=400)] = 24
    """The sheet of a cluster shows this many regions, those nearest to its centre, from as many videos as possible."""
    tile_px: Annotated[int, Field(ge=32, le=512)] = 128
    """The side of one region on the sheet."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SemanticsConfig:
    """All settings of `ike-ray semantics`."""

    job: ClassVar[str] = "semantics"
    descriptors: DescriptorsConfig = DescriptorsConfig()
    clusters: ClustersConfig = ClustersConfig()
    sheets: SheetsConfig = SheetsConfig()
    workers: WorkersConfig = WorkersConfig()

"""How images become affinities of patches, and eigenvectors become boxes, masks, regions and mattes."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ike_ray.config.strict import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FeaturesConfig:
    """What the patches of an image are compared by."""

    source: Literal["colour", "vit"] = "colour"
    """colour: patches are compared by the colours and positions of the pixels of a small image. This needs no weights, and
    the answer is that of normalised cuts, not of the published method. vit: patches are compared by the features of a
    self-supervised vision transformer, `model`, as published."""
    model: str | None = None
    """vit only: the folder of a model that transformers saved, or its name on the hub, such as facebook/dino-vits16."""
    block: Annotated[int, Field(ge=-64, le=63)] = -1
    """vit only: the number of the attention block that features are taken from. -1: the last one."""
    kind: Literal["keys", "queries", "values", "tokens"] = "keys"
    """vit only: the part of the block that features are, with all heads together. tokens: the output of the block."""
    image_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] | None = 230_400
    """vit only: images are resized to about this many pixels, with a whole number of patches each way. null: they keep about
    their own size. 230,400 are 900 patches of 16 x 16. Memory and time of the graph grow with its square."""
    batch_size: Annotated[int, Field(ge=1)] = 8
    """How many images of one size go through the model at once, and on a GPU through the eigenproblem."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """vit only: the arithmetic of the model. bfloat16 is used on GPUs and on CPUs with instructions for it (AVX-512 BF16,
    AMX). Other CPUs compute in float32."""

    @model_validator(mode="after")
    def _has_its_model(self) -> "FeaturesConfig":
        if self.source == "vit" and not self.model:
            raise ValueError("source vit needs `model`, a local folder or a name on the hub, such as facebook/dino-vits16")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AffinityConfig:
    """The weights of the graph of patches."""

    colour: Literal["gaussian", "neighbours", "walk"] = "gaussian"
    """How alike the colours of patches are. Without a vit, patches are compared by this alone, and beside one it is W_c.
    gaussian: all pairs of patches have a weight, which falls with the distance of their colours and of their positions. It is
    not in the paper. neighbours: the nearest patches in colour and position have a weight, as published. walk: patches that
    touch have a weight, which falls fast with the difference of their colours, as published."""
    features: Literal["clamped", "factored"] = "clamped"
    """vit only: how W_f is made of the features f. clamped: it is max(0, f f^T), a matrix of all pairs of patches, as
    published. factored: it is f f^T itself, which is never formed. This is for images of many thousand patches."""
    colour_weight: Annotated[float, Field(ge=0)] = 0.0
    """vit only: mu of W = W_f + mu W_c, which says how much colours count beside features. 0: features count alone."""
    grid_area_px: Annotated[int, Field(ge=16 * 16, le=128 * 128)] = 2500
    """Without a vit, the image is averaged to about this many pixels, which are the nodes of its graph. Time is proportional
    to its square."""
    nodes: Literal["auto", "patches", "pixels"] = "auto"
    """What the nodes of the graph are. pixels: the weights between patches are enlarged, and those of the nearest pixels in
    colour and position are added to them. The eigenvectors are then those of pixels, with the outlines of things. Without a
    vit this takes ten times as long. auto: pixels if colour is gaussian and there is no vit, and patches otherwise."""
    pixel_area_px: Annotated[int, Field(ge=32 * 32, le=4096 * 4096)] = 20_000
    """nodes pixels only: the image is averaged to about this many pixels. Memory and time are proportional to it."""

    @model_validator(mode="after")
    def _factored_beside_sparse(self) -> "AffinityConfig":
        if self.features == "factored" and self.colour == "gaussian" and self.colour_weight > 0:
            raise ValueError("features factored has no matrix to add colour gaussian to: set colour to neighbours or walk")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class EigenConfig:
    """How many eigenvectors are solved for."""

    num_vectors: Annotated[int, Field(ge=2, le=64)] = 6
    """How many eigenvectors are solved for. The constant one, which says nothing, is among them. The paper uses 5 to 20."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MaskConfig:
    """What tells the object, and how its mask is made."""

    object: Literal["auto", "eigenvector", "saliency"] = "auto"
    """What tells the object. eigenvector: the object is where v_1 is positive, as published, or where it is negative if that
    is less of the image. saliency: the object is what stands out from what lies along the image's border. No eigenvector is
    then solved for, except for task regions. auto: eigenvector with a vit, and saliency without one. Without a vit, v_1
    divides sky from ground more often than object from background."""
    sharpen: Literal["colour", "crf", "none"] = "colour"
    """colour: the mask is sharpened along the image's colours and edges, by GrabCut. crf: it is sharpened by a dense CRF, as
    published for maps of a vit. This needs pip install 'ike_ray[crf]'. none: the mask is where the interpolated map of the
    object is above 0."""
    area_px: Annotated[int, Field(ge=64 * 64)] = 160_000
    """Masks of larger images are sharpened at about this many pixels and then enlarged. Time is proportional to it."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RegionsConfig:
    """How many regions an image is divided into."""

    num_regions: Annotated[int, Field(ge=2, le=64)] | None = None
    """The number of regions. null: it is one more than the position of the largest gap between eigenvalues, which is from 2
    to `eigenvectors.num_vectors`."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MatteConfig:
    """The opacity and the colours of the object, for cut-outs and other backgrounds."""

    area_px: Annotated[int, Field(ge=64 * 64)] = 100_000
    """Larger images are matted at about this many pixels, and so are their eigenvectors, and the opacity is then enlarged.
    Memory and time are proportional to it."""
    band_fraction: Annotated[float, Field(gt=0, le=0.5)] = 0.03
    """Half the width of the band around the object's outline in which opacity is estimated, as a share of the root of the
    object's area. Make it larger for hair and fur."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SpectralConfig:
    """Deep Spectral Methods: features, affinity, eigenvectors, and what is made of them."""

    features: FeaturesConfig = FeaturesConfig()
    affinity: AffinityConfig = AffinityConfig()
    eigenvectors: EigenConfig = EigenConfig()
    mask: MaskConfig = MaskConfig()
    regions: RegionsConfig = RegionsConfig()
    matte: MatteConfig = MatteConfig()

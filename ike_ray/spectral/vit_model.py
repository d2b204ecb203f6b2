"""A self-supervised vision transformer, as `transformers` loads it: from a folder or from the hub, its weights complete."""

import logging
import pickle
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from ike_ray.errors import ConfigError

logger = logging.getLogger(__name__)

# What models are trained with where their folder does not say: means and deviations of ImageNet's colours in [0, 1].
_IMAGENET_MEAN, _IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Parts of a model that no patch passes: checkpoints need not have them.
_UNUSED = ("pooler.", "embeddings.mask_token")


def read_vit(model: str) -> nn.Module:
    """The model in evaluation mode on the CPU, in float32.

    Raises `ConfigError` where transformers is missing, the model cannot be had, or its weights are not complete. Weights come
    from safetensors, or from a pickle of plain tensors; no code of the model's authors is run.
    """
    transformers = _import_transformers()
    from safetensors import SafetensorError  # noqa: PLC0415  # comes with transformers

    try:
        loaded, report = transformers.AutoModel.from_pretrained(model, dtype=torch.float32, output_loading_info=True)
    except (OSError, ValueError, RuntimeError, SafetensorError, pickle.UnpicklingError) as error:
        raise ConfigError(
            f"cannot load features.model {model}: expected a vision transformer in a folder that transformers saved, or its "
            f"name on the hub, found {'a folder' if Path(model).is_dir() else 'no such folder'}. {error}"
        ) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith(_UNUSED))
    if missing:
        raise ConfigError(
            f"cannot use features.model {model}: expected all weights of {type(loaded).__name__}, {len(missing)} are "
            f"missing, the first is {missing[0]}. Use the whole checkpoint"
        )
    if loaded.config.model_type == "vit_mae":
        loaded.config.mask_ratio = 0.0  # it sees the whole image
    return loaded.eval().requires_grad_(False)


def read_normalization(model: str) -> Float32[Tensor, "2 3"]:
    """Means and deviations of colours in [0, 1] that the model was trained with: as its folder says, else ImageNet's."""
    transformers = _import_transformers()
    try:
        settings: dict[str, Any] = transformers.ImageProcessingMixin.get_image_processor_dict(model)[0]
    except OSError:
        logger.info("%s has no preprocessor_config.json: colours are normalised by ImageNet's means and deviations", model)
        settings = {}
    if not settings.get("do_normalize", True):
        return torch.tensor([(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)])
    mean, deviation = settings.get("image_mean") or _IMAGENET_MEAN, settings.get("image_std") or _IMAGENET_DEVIATION
    return torch.tensor([mean, deviation])


def list_blocks(model: nn.Module, projection: str) -> list[nn.Module]:
    """The model's blocks of attention, first to last; empty where it has none that `projection` is a part of."""
    for module in model.modules():
        if isinstance(module, nn.ModuleList) and all(has_part(block, projection) for block in module):
            return list(module)
    return []


def has_part(block: nn.Module, name: str) -> bool:
    """Whether one of the linear parts of `block` is called `name`."""
    return any(part.endswith(f".{name}") for part, _ in block.named_modules())


def _import_transformers() -> Any:
    try:
        import transformers  # noqa: PLC0415  # an optional package
        from transformers import AutoModel, ImageProcessingMixin  # noqa: PLC0415, F401  # it imports by need
    except (ImportError, RuntimeError) as error:  # RuntimeError: with a torchvision that was built for another torch
        raise ConfigError(
            f"features.source vit needs transformers, which does not import: {error}. "
            "Install it with pip install 'ike_ray[vit]', or use features.source=colour"
        ) from error
    return transformers

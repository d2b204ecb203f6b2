"""A self-supervised vision transformer, which `transformers` loads from a folder or from the hub, with all its weights."""

import logging
import pickle
import re
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from ike_ray.errors import ConfigError

logger = logging.getLogger(__name__)

# If the folder of a model does not say how colours are normalised, then these means and deviations count. They are those of
# ImageNet's colours in [0, 1].
_IMAGENET_MEAN, _IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# No patch passes through these parts of a model, so that checkpoints need not have them.
_UNUSED = ("pooler.", "embeddings.mask_token")
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")  # the owner and the model


def read_vit(model: str) -> nn.Module:
    """Return the model in evaluation mode on the CPU, in float32.

    Raise `ConfigError` if transformers is missing, if the model cannot be loaded, or if some of its weights are missing. The
    weights come from safetensors, or from a pickle of plain tensors. No code of the model's authors is run.
    """
    transformers = _import_transformers()
    from safetensors import SafetensorError  # noqa: PLC0415  # comes with transformers

    try:
        loaded, report = transformers.AutoModel.from_pretrained(model, dtype=torch.float32, output_loading_info=True)
    except (OSError, ValueError, RuntimeError, SafetensorError, pickle.UnpicklingError) as error:
        said = " ".join(str(error).split())
        raise ConfigError(
            f"cannot load features.model {model}: expected a vision transformer in a folder that transformers saved, or its "
            f"name on the hub, found {'a folder' if Path(model).is_dir() else 'no such folder'}. {said}{_build_advice(model)}"
        ) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith(_UNUSED))
    if missing:
        raise ConfigError(
            f"cannot use features.model {model}: expected all weights of {type(loaded).__name__}, but {len(missing)} are "
            f"missing, the first is {missing[0]}. Use the whole checkpoint"
        )
    if loaded.config.model_type == "vit_mae":
        loaded.config.mask_ratio = 0.0  # it sees the whole image
    return loaded.eval().requires_grad_(False)


def read_normalization(model: str) -> Float32[Tensor, "2 3"]:
    """Return the means and deviations by which the model normalises colours in [0, 1].

    They are those of the model's folder, or ImageNet's if the folder has none.
    """
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
    """Return the model's blocks of attention, first to last. It has none if no blocks have a part `projection`."""
    for module in model.modules():
        if isinstance(module, nn.ModuleList) and all(has_part(block, projection) for block in module):
            return list(module)
    return []


def has_part(block: nn.Module, name: str) -> bool:
    """Return whether one of the linear parts of `block` is called `name`."""
    return any(part.endswith(f".{name}") for part, _ in block.named_modules())


def _build_advice(model: str) -> str:
    """Return which files to fetch and where to put them, if `model` looks like a name on the hub and is no folder here."""
    if Path(model).is_dir() or not _HUB_NAME.fullmatch(model):
        return ""
    return (
        " Without a network, fetch config.json, preprocessor_config.json and the weights (model.safetensors, or "
        f"pytorch_model.bin) from https://huggingface.co/{model} on a machine that has one, put them into one folder that "
        f"every worker sees, and set features.model to it: hf download {model} --local-dir FOLDER"
    )


def _import_transformers() -> Any:
    try:
        import transformers  # noqa: PLC0415  # an optional package
        from transformers import AutoModel, ImageProcessingMixin  # noqa: PLC0415, F401  # these are imported when they are needed
    except (ImportError, RuntimeError) as error:  # RuntimeError: torchvision was built for another torch
        raise ConfigError(
            f"features.model needs transformers, which cannot be imported: {error}. "
            "Install it with pip install 'ike_ray[vit]', or choose settings without a model"
        ) from error
    return transformers

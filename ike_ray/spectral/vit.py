"""Features of patches by a self-supervised vision transformer: DINO, DINOv2, DINOv3 or MAE, with registers or without."""

import inspect
from typing import Any

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from torch import Tensor, nn
from torch.nn import functional

from ike_ray.config import FeaturesConfig
from ike_ray.errors import ConfigError
from ike_ray.precision import build_autocast
from ike_ray.spectral.vit_model import list_blocks, read_normalization, read_vit

# These are the names that transformers gives to the linear maps of an attention block. Each map holds all heads.
_PROJECTIONS = {"keys": "k_proj", "queries": "q_proj", "values": "v_proj"}


class Vit:
    """A loaded vision transformer on one device, and which part of it gives features."""

    def __init__(self, config: FeaturesConfig, device: torch.device) -> None:
        """Load the model. Raise `ConfigError` if transformers or the model is missing, or if it is no vision transformer."""
        assert config.model is not None
        model = read_vit(config.model)
        self._part = _find_part(model, config)
        self._model = model.to(device)
        self._mean, self._deviation = read_normalization(config.model).to(device)[..., None, None]
        self._config, self._device = config, device
        self.patch_px = _read_patch_px(model)

    def predict_features(self, images: UInt8[np.ndarray, "b H W 3"]) -> Float32[Tensor, "b n d"]:
        """Return the features of all patches, row by row and of unit length.

        The class token and the registers are left out. There are n = (H // patch) (W // patch) patches, so what is beyond
        whole patches, at the right and below, is left out too. The model's positions are interpolated to the image's size.
        DINOv3 turns its queries and keys by their positions after the part that is read here. Source: Melas-Kyriazi et al.,
        CVPR 2022, section 3.2.
        """
        caught: list[Tensor] = []
        handle = self._part.register_forward_hook(lambda module, inputs, output: caught.append(output))
        try:
            _, num_patches = self._run(images)
        finally:
            handle.remove()
        return functional.normalize(caught[0][:, -num_patches:].float(), dim=-1)

    def predict_descriptors(self, images: UInt8[np.ndarray, "b H W 3"]) -> Float32[Tensor, "b d"]:
        """Return the class token of each image after the last norm, scaled to unit length."""
        tokens, _ = self._run(images)
        return functional.normalize(tokens[:, 0].float(), dim=-1)

    @torch.inference_mode()
    def _run(self, images: UInt8[np.ndarray, "b H W 3"]) -> tuple[Tensor, int]:
        """Return the model's last tokens, and how many of them are patches. The patches are at the end."""
        rows, columns = (side // self.patch_px for side in images.shape[1:3])
        if rows == 0 or columns == 0:
            raise ValueError(
                f"expected images of at least {self.patch_px} x {self.patch_px} pixels, found {images.shape[1:3]}"
            )
        cropped = images[:, : rows * self.patch_px, : columns * self.patch_px]
        on_device = torch.from_numpy(np.ascontiguousarray(cropped)).to(self._device)
        pixels = (rearrange(on_device, "b h w rgb -> b rgb h w").float() / 255 - self._mean) / self._deviation
        with build_autocast(self._device, self._config.precision):
            answer = self._model(pixel_values=pixels, **self._list_options(len(images), rows * columns))
        return answer.last_hidden_state, rows * columns

    def _list_options(self, num_images: int, num_patches: int) -> dict[str, Any]:
        """Return what some models must be told: to interpolate positions, and to keep the patches in their order (MAE)."""
        known = inspect.signature(self._model.forward).parameters
        options: dict[str, Any] = {}
        if "interpolate_pos_encoding" in known:
            options["interpolate_pos_encoding"] = True
        if "noise" in known:  # the model sorts patches by it
            options["noise"] = torch.arange(num_patches, device=self._device).float().expand(num_images, -1)
        return options


def _read_patch_px(model: Any) -> int:
    patch = model.config.patch_size
    return int(patch if isinstance(patch, int) else patch[0])


def _find_part(model: nn.Module, config: FeaturesConfig) -> nn.Module:
    """Return the part of the model whose output is the features."""
    name = _PROJECTIONS.get(config.kind, "k_proj")
    blocks = list_blocks(model, name)
    if not blocks:
        raise ConfigError(
            f"cannot use features.model {config.model}: expected a vision transformer with blocks of attention that have "
            f"a part {name}, found {type(model).__name__} without such a part. DINO, DINOv2, DINOv3 and MAE have it"
        )
    if not -len(blocks) <= config.block < len(blocks):
        raise ConfigError(
            f"features.block {config.block} does not exist: {config.model} has {len(blocks)} blocks. Choose 0 to "
            f"{len(blocks) - 1}, or -1 for the last"
        )
    block = blocks[config.block]
    if config.kind == "tokens":
        return block
    return next(part for part_name, part in block.named_modules() if part_name.endswith(f".{name}"))

"""Weights of RAFT: torchvision's own state dict, or the `raft-*.pth` of RAFT's authors, under torchvision's names."""

import io
import pickle
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from ike_ray.errors import ConfigError
from ike_ray.storage.files import is_file, read_bytes

# Published names become torchvision's names by these replacements, in this order. torchvision wraps each convolution with its
# norm and ReLU in one block, in which `NAME.0` is the convolution and `NAME.1` the norm.
_RENAMES = (
    (r"^module\.", ""),
    (r"^fnet\.", "feature_encoder."),
    (r"^cnet\.", "context_encoder."),
    (r"^(feature_encoder|context_encoder)\.conv1\.", r"\1.convnormrelu.0."),
    (r"^(feature_encoder|context_encoder)\.norm1\.", r"\1.convnormrelu.1."),
    (r"^(feature_encoder|context_encoder)\.conv2\.", r"\1.conv."),
    (r"\.(layer\d\.\d)\.conv(\d)\.", r".\1.convnormrelu\2.0."),
    (r"\.(layer\d\.\d)\.norm(\d)\.", r".\1.convnormrelu\2.1."),
    (r"^update_block\.encoder\.conv\.", "update_block.motion_encoder.conv.0."),
    (r"^update_block\.encoder\.conv([cf]\d?)\.", r"update_block.motion_encoder.conv\1.0."),
    (r"\.convc(\d)\.0\.", r".convcorr\1.0."),
    (r"\.convf(\d)\.0\.", r".convflow\1.0."),
    (r"^update_block\.gru\.conv([zrq])(\d)\.", r"update_block.recurrent_block.convgru\2.conv\1."),
    (r"^update_block\.gru\.conv([zrq])\.", r"update_block.recurrent_block.convgru1.conv\1."),
    (r"^update_block\.mask\.0\.", "mask_predictor.convrelu.0."),
    (r"^update_block\.mask\.2\.", "mask_predictor.conv."),
)


def read_raft_weights(uri: str, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights at `uri` under the names and with the shapes of `expected`, the state dict of a torchvision RAFT.

    Raises `ConfigError` if there is no file, if it does not load as plain tensors, or if it is another model's.
    """
    if not is_file(uri):
        raise ConfigError(f"there is no RAFT weights file {uri}. Check flow.weights")
    try:
        loaded = torch.load(io.BytesIO(read_bytes(uri)), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ConfigError(
            f"cannot load {uri}: expected a state dict of plain tensors. Check flow.weights: {error}"
        ) from error
    if not isinstance(loaded, Mapping):
        raise ConfigError(f"cannot use {uri}: expected a state dict, found {type(loaded).__name__}. Check flow.weights")
    renamed = {rename_published(name): value for name, value in loaded.items()}
    wrong = [name for name, value in expected.items() if name not in renamed or renamed[name].shape != value.shape]
    if wrong:
        raise ConfigError(
            f"{uri} does not fit this RAFT: {len(wrong)} of {len(expected)} tensors are missing or of another shape, "
            f"the first is {wrong[0]}. Is it the weights of the other size (raft_small, raft_large)?"
        )
    return {name: renamed[name] for name in expected}


def rename_published(name: str) -> str:
    """Return torchvision's name of a tensor that the published files call `name`. Its own names stay as they are."""
    for pattern, replacement in _RENAMES:
        name = re.sub(pattern, replacement, name)
    return name

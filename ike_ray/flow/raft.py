"""Flow by RAFT (Teed and Deng, ECCV 2020): torchvision's model with a weights file."""

import logging
from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from torch import Tensor, nn
from torch.nn import functional

from ike_ray.errors import ConfigError
from ike_ray.flow.raft_weights import read_raft_weights
from ike_ray.records import Flow

logger = logging.getLogger(__name__)

RaftSize = Literal["raft_small", "raft_large"]
# RAFT correlates features at an eighth of the frame over four levels, so a side needs 8 * 2^4 pixels, in steps of 8.
_SHORTEST_SIDE_PX = 128
_SIDE_MULTIPLE_PX = 8
# Pixels of the pairs in one forward pass, eight pairs of 224 x 416. Correlations of all pixels with all others grow with the
# square of a frame's: 215 MB a pair at 480 x 848.
_PIXELS_A_BATCH = 8 * 224 * 416


class Raft:
    """A loaded RAFT on one device."""

    def __init__(self, size: RaftSize, weights: str, num_updates: int, device: torch.device) -> None:
        """Raises `ConfigError` where torchvision or the weights are missing or do not fit the model."""
        try:
            from torchvision.models import optical_flow  # noqa: PLC0415  # an optional package
        except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision that was built for another torch
            raise ConfigError(
                f"flow.method {size} needs torchvision, which does not import: {error}. "
                "Install it with pip install 'ike_ray[raft]', or use flow.method=dis"
            ) from error
        model: nn.Module = optical_flow.raft_small() if size == "raft_small" else optical_flow.raft_large()
        model.load_state_dict(read_raft_weights(weights, model.state_dict()))
        self._model = model.eval().to(device)
        self._num_updates = num_updates
        self._device = device

    def estimate(self, frames: UInt8[np.ndarray, "m h w 3"]) -> Flow:
        """Forward and backward flow of every neighbouring pair, in pixels of the frames' own grid."""
        images = rearrange(torch.from_numpy(frames), "m h w rgb -> m rgb h w")
        return Flow(
            forward=self._estimate_pairs(images[:-1], images[1:]),
            backward=self._estimate_pairs(images[1:], images[:-1]),
        )

    def _estimate_pairs(self, here: Tensor, there: Tensor) -> Float32[np.ndarray, "s h w 2"]:
        with torch.inference_mode():
            fields = [rearrange(field, "s xy h w -> s h w xy").cpu().numpy() for field in self._batches(here, there)]
        return np.concatenate(fields) if fields else np.zeros((0, *here.shape[-2:], 2), dtype=np.float32)

    def _batches(self, here: Tensor, there: Tensor) -> Iterator[Tensor]:
        pairs_a_batch = max(1, _PIXELS_A_BATCH // (here.shape[-2] * here.shape[-1]))
        for start in range(0, len(here), pairs_a_batch):
            batch = slice(start, start + pairs_a_batch)
            first, second = (_prepare(images[batch].to(self._device)) for images in (here, there))
            field = self._model(first, second, num_flow_updates=self._num_updates)[-1]
            yield _undo_resize(field, here.shape[-2], here.shape[-1])


def _prepare(images: Tensor) -> Tensor:
    """Images in [-1, 1] at a size that RAFT takes."""
    height, width = (
        max(_SHORTEST_SIDE_PX, round(side / _SIDE_MULTIPLE_PX) * _SIDE_MULTIPLE_PX) for side in images.shape[-2:]
    )
    scaled = images.float() / 127.5 - 1
    return functional.interpolate(scaled, (height, width), mode="bilinear", align_corners=False)


def _undo_resize(field: Tensor, height: int, width: int) -> Tensor:
    ratio = field.new_tensor([width / field.shape[-1], height / field.shape[-2]])
    return functional.interpolate(field, (height, width), mode="bilinear", align_corners=False) * ratio[:, None, None]

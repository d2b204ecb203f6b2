"""Flow by RAFT (Teed and Deng, ECCV 2020): torchvision's model with a weights file."""

import logging
from typing import Literal

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from torch import Tensor
from torch.nn import functional

from ike_ray.config import FlowConfig
from ike_ray.errors import ConfigError
from ike_ray.flow.raft_weights import read_raft_weights
from ike_ray.flow.reliability import build_grid_positions
from ike_ray.precision import build_autocast
from ike_ray.records import Flow

logger = logging.getLogger(__name__)

RaftSize = Literal["raft_small", "raft_large"]
# RAFT correlates features at an eighth of the frame over four levels. A side therefore needs 8 * 2^4 pixels, in steps of 8.
_SHORTEST_SIDE_PX = 128
_SIDE_MULTIPLE_PX = 8
# The squared pixels of the pairs in one forward pass, both ways, since each pixel is correlated with all others. That is
# eight pairs of 224 x 416 on a CPU. On a GPU it is eight pairs of 480 x 848, which take 3.5 GB, or one of 720 x 1280.
_SQUARED_PIXELS_A_BATCH = {"cpu": 8 * (224 * 416) ** 2, "cuda": 8 * (480 * 848) ** 2}


class Raft:
    """A RAFT that is loaded on one device."""

    def __init__(self, size: RaftSize, config: FlowConfig, device: torch.device) -> None:
        """Load the weights. Raises `ConfigError` if torchvision or the weights are missing or do not fit the model."""
        try:
            from torchvision.models.optical_flow import raft  # noqa: PLC0415  # an optional package
        except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision that was built for another torch
            raise ConfigError(
                f"flow.method {size} needs torchvision, which does not import: {error}. "
                "Install it with pip install 'ike_ray[raft]', or use flow.method=dis"
            ) from error
        assert config.weights is not None
        model = raft.raft_small() if size == "raft_small" else raft.raft_large()
        model.load_state_dict(read_raft_weights(config.weights, model.state_dict()))
        self._model = model.eval().to(device=device, memory_format=torch.channels_last)
        self._enlarge = raft.upsample_flow
        self._config = config
        self._device = device

    @torch.inference_mode()
    def estimate(self, frames: UInt8[np.ndarray, "m h w 3"]) -> Flow:
        """Return the forward and backward flow of every neighbouring pair, in pixels of the frames' own grid."""
        height, width = frames.shape[1:3]
        pairs_a_batch = max(1, _SQUARED_PIXELS_A_BATCH[self._device.type] // (height * width) ** 2)
        fields: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for start in range(0, len(frames) - 1, pairs_a_batch):
            images = torch.from_numpy(frames[start : start + pairs_a_batch + 1]).to(self._device)
            both = _undo_resize(self._follow(_prepare(images)), height, width)
            for direction, field in zip(fields, rearrange(both, "(way s) xy h w -> way s h w xy", way=2), strict=True):
                direction.append(field.cpu().numpy())
        forward, backward = (
            np.concatenate(direction) if direction else np.zeros((0, height, width, 2), dtype=np.float32)
            for direction in fields
        )
        return Flow(forward=forward, backward=backward)

    def _follow(self, images: Float32[Tensor, "b 3 h w"]) -> Float32[Tensor, "_ 2 h w"]:
        """Return the flow of all pairs forward, then backward. Each image is encoded once, for all pairs that it is in.

        Source: RAFT, section 3. The steps are those of torchvision's model, which encodes both images of every pair each way.
        Correlations and positions stay in float32.
        """
        model = self._model
        with self._autocast():
            features, contexts = model.feature_encoder(images), model.context_encoder(images)
        here, there = (_list_pairs(features.float(), ends) for ends in ("here", "there"))
        model.corr_block.corr_pyramid = _correlate(here, there, model.corr_block.num_levels)
        state_size = model.update_block.hidden_state_size
        contexts = _list_pairs(contexts.float(), "here")
        state, context = contexts[:, :state_size].tanh(), contexts[:, state_size:].relu()
        start = rearrange(build_grid_positions(features.shape[2], features.shape[3], images.device), "h w xy -> 1 xy h w")
        flow = torch.zeros_like(start).repeat(len(state), 1, 1, 1)
        for _ in range(self._config.raft_updates):
            correlations = model.corr_block.index_pyramid(centroids_coords=start + flow)
            with self._autocast():
                state, change = model.update_block(state, context, correlations, flow)
            flow = flow + change.float()
        with self._autocast():
            weights = None if model.mask_predictor is None else model.mask_predictor(state).float()
        return self._enlarge(flow, weights)

    def _autocast(self) -> torch.autocast:
        return build_autocast(self._device, self._config.precision)


def _list_pairs(maps: Float32[Tensor, "b c h w"], ends: Literal["here", "there"]) -> Float32[Tensor, "_ c h w"]:
    """Return the first (or second) maps of all neighbouring pairs forward, then of all backward."""
    halves = (maps[:-1], maps[1:])
    return torch.cat(halves if ends == "here" else halves[::-1])


def _correlate(here: Float32[Tensor, "b c h w"], there: Float32[Tensor, "b c h w"], num_levels: int) -> list[Tensor]:
    """Return the products of the features of all pixels with all others. Each level averages 2 x 2 pixels of the one before.

    The mean of products is the product with the mean. So the features are averaged and not the correlations, and the volume
    of all pairs of pixels is written once and not read.

    Source: RAFT, section 3.2.
    """
    rows = rearrange(here, "b c h w -> b (h w) c") * here.shape[1] ** -0.5
    levels = []
    for level in range(num_levels):
        there = there if level == 0 else functional.avg_pool2d(there, 2)
        products = torch.bmm(rows, rearrange(there, "b c h w -> b c (h w)"))
        levels.append(rearrange(products, "b n (h w) -> (b n) 1 h w", h=there.shape[2]))
    return levels


def _prepare(images: UInt8[Tensor, "b fh fw 3"]) -> Float32[Tensor, "b 3 h w"]:
    """Return images in [-1, 1] at a size that RAFT takes, resized bilinearly with half-pixel centres."""
    height, width = (
        max(_SHORTEST_SIDE_PX, round(side / _SIDE_MULTIPLE_PX) * _SIDE_MULTIPLE_PX) for side in images.shape[1:3]
    )
    scaled = rearrange(images, "b h w rgb -> b rgb h w").float() / 127.5 - 1
    return functional.interpolate(scaled, (height, width), mode="bilinear", align_corners=False)


def _undo_resize(field: Float32[Tensor, "b 2 h w"], height: int, width: int) -> Float32[Tensor, "b 2 fh fw"]:
    ratio = field.new_tensor([width / field.shape[-1], height / field.shape[-2]])
    return functional.interpolate(field, (height, width), mode="bilinear", align_corners=False) * ratio[:, None, None]

"""How the answers of two windows become one in the frames that both share."""

import numpy as np
from jaxtyping import Float, Float32


def build_faded(before: Float32[np.ndarray, "o h w"], after: Float32[np.ndarray, "o h w"]) -> Float32[np.ndarray, "o h w"]:
    """Return (1 - w) before + w after, with the weights of `build_fade`."""
    weights = build_fade(len(before)).astype(np.float32)[:, None, None]
    return (1 - weights) * before + weights * after


def build_fade(num_frames: int) -> Float[np.ndarray, " o"]:
    """Return the later window's weight in each shared frame, 1 / (o + 1), ..., o / (o + 1), so that neither end jumps."""
    return np.arange(1, num_frames + 1) / (num_frames + 1)

"""The motion of the camera, and the part of a flow field that it does not explain."""

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float32
from torch import Tensor

_NUM_ROUNDS = 10  # rounds of re-weighting; the weights hardly move after six
_NODES_TO_FIT = 12_000  # the fit looks at this many pixels, spread evenly, and more do not move the eight parameters
_MEDIAN_STRIDE = 5  # one of this many is sorted for the median residual: sorting them all takes 70 % of the fit's time
# Objects seldom fill the border of a frame, so the camera is read there first, and inside with less weight.
_BORDER_FRACTION, _INNER_WEIGHT = 0.15, 0.2
# A smaller residual is noise of the flow itself. The limit also keeps an exact fit from weighing infinitely.
_SMALLEST_SCALE_PX = 0.05
_RIDGE = 1e-6  # makes a fit exist for any field
_MAD_TO_SIGMA = 1.4826  # from the median absolute deviation to the standard deviation, for normal noise


def estimate_residual(field: Float32[Tensor, "s h w 2"]) -> Float32[Tensor, "s h w 2"]:
    """Return the flow that remains of each step once the camera's is taken away, in pixels.

    The camera's flow is that of a plane seen by a camera that turns and moves a little: with x, y from -1 to 1, dx = a0 + a1
    x + a2 y + a6 x^2 + a7 x y and dy = a3 + a4 x + a5 y + a6 x y + a7 y^2. It is fitted to each step by itself, by least
    squares that are re-weighted ten times by (1 + (r / sigma)^2)^-2 (Geman and McClure), with sigma from the median residual.
    So whatever moves by itself loses its say. Zero flow has residual zero.

    Source: Adiv, PAMI 7(4), 1985, equation of the eight-parameter flow. It is not in IKE, whose features hold the camera's
    motion.
    """
    num_steps, height, width = field.shape[:3]
    if num_steps == 0:
        return field
    basis = _build_basis(height, width, field)
    stride = max(1, int((height * width / _NODES_TO_FIT) ** 0.5))
    prior = _build_prior(height, width, field)[::stride, ::stride].reshape(-1)
    seen = rearrange(basis[::stride, ::stride], "h w xy a -> (h w) xy a")
    parameters = _fit(seen, rearrange(field[:, ::stride, ::stride], "s h w xy -> s (h w) xy"), prior)
    return field - einsum(basis, parameters, "h w xy a, s a -> s h w xy")


def _fit(
    basis: Float32[Tensor, "n 2 a"], field: Float32[Tensor, "s n 2"], prior: Float32[Tensor, " n"]
) -> Float32[Tensor, "s a"]:
    squares = einsum(basis, basis, "n xy a, n xy b -> n a b")
    moments = einsum(basis, field, "n xy a, s n xy -> s n a")
    identity = _RIDGE * torch.eye(basis.shape[-1], device=field.device, dtype=torch.float64)
    weights = prior.expand(field.shape[:2])
    for _ in range(_NUM_ROUNDS):
        normal = einsum(weights, squares, "s n, n a b -> s a b").double() + identity
        right = einsum(weights, moments, "s n, s n a -> s a").double()
        parameters = torch.linalg.solve(normal, right).float()
        size = (field - einsum(basis, parameters, "n xy a, s a -> s n xy")).norm(dim=-1)
        scale = (_MAD_TO_SIGMA * _find_weighted_median(size[:, ::_MEDIAN_STRIDE], prior[::_MEDIAN_STRIDE])).clamp_min(
            _SMALLEST_SCALE_PX
        )
        weights = prior / (1 + (size / scale[:, None]) ** 2) ** 2
    return parameters


def _find_weighted_median(values: Float32[Tensor, "s n"], weights: Float32[Tensor, " n"]) -> Float32[Tensor, " s"]:
    ordered, order = values.sort(dim=1)
    reached = weights[order].cumsum(dim=1)
    half = (reached[:, -1:] / 2).contiguous()
    return ordered.gather(1, torch.searchsorted(reached, half).clamp_max(values.shape[1] - 1))[:, 0]


def _build_basis(height: int, width: int, like: Tensor) -> Float32[Tensor, "h w 2 a"]:
    rows, columns = (
        torch.linspace(-1, 1, size, device=like.device) if size > 1 else like.new_zeros(1) for size in (height, width)
    )
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    horizontal = torch.stack([one, x, y, zero, zero, zero, x * x, x * y], dim=-1)
    vertical = torch.stack([zero, zero, zero, one, x, y, x * y, y * y], dim=-1)
    return torch.stack([horizontal, vertical], dim=2)


def _build_prior(height: int, width: int, like: Tensor) -> Float[Tensor, "h w"]:
    rows, columns = torch.arange(height, device=like.device), torch.arange(width, device=like.device)
    from_edge_y = torch.minimum(rows, height - 1 - rows) / height
    from_edge_x = torch.minimum(columns, width - 1 - columns) / width
    is_border = torch.minimum(from_edge_y[:, None], from_edge_x[None, :]) < _BORDER_FRACTION
    return torch.where(is_border, 1.0, _INNER_WEIGHT).to(like.dtype)

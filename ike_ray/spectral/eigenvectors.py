"""The eigenvectors of the Laplacian of a batch of affinities, by block Lanczos: all images take each step together."""

from dataclasses import dataclass

import torch
from jaxtyping import Float32
from torch import Tensor

from ike_ray.spectral.affinity import Affinity

_ISOLATED = 1e-12  # a row that sums to less is a node without neighbours: its degree counts as 1
# Columns that a product takes at once: one alone is bound by memory, more of them converge later. Measured by
# benchmarks/spectral.py: 1, 2, 4, 8.
_BLOCK = 4
_LOST = 1e-5  # a column that loses more than this in projection has nothing new in it: a fresh one takes its place


@dataclass(frozen=True, kw_only=True)
class Eigenvectors:
    """The smallest solutions of (D - W) v = l D v of each image, and how well they are known."""

    values: Float32[Tensor, "b k"]  # l, ascending, in [0, 2]; the first is 0
    vectors: Float32[Tensor, "b n k"]  # v^T D v = 1; the first is constant. The sign is free
    residuals: Float32[Tensor, "b k"]  # norm of N u - (1 - l) u, where u = D^1/2 v and N = D^-1/2 W D^-1/2
    num_products: int  # columns that each W was multiplied by
    is_converged: bool  # whether all residuals are below the tolerance


def solve_eigenvectors(
    affinity: Affinity, num_vectors: int, *, generator: torch.Generator, tolerance: float = 1e-4, max_basis: int = 240
) -> Eigenvectors:
    """The `num_vectors` smallest solutions v_0, v_1, ... of (D - W) v = l D v, D the diagonal of row sums.

    They are the largest of N = D^-1/2 W D^-1/2, l = 1 - mu, for which no system need be solved. v_0 is constant, known and
    kept out of the search, so that a graph in pieces has further eigenvalues of 0. Equal eigenvalues come with any
    orthonormal vectors of their space. Where all patches are alike W has one eigenvalue that is not 0: all further l are
    1, and their vectors say nothing. The basis grows to `max_basis` columns or n - 1; then the best that is known is
    returned, with its residuals.

    Source: Melas-Kyriazi et al., CVPR 2022, section 3.1; Shi and Malik, PAMI 2000, equation 11; block Lanczos with full
    orthogonalisation: Golub and Van Loan, Matrix Computations, section 10.3.6.
    """
    degrees = affinity.list_degrees()
    constant = _build_constant(degrees)
    degrees = torch.where(degrees < _ISOLATED, torch.ones_like(degrees), degrees)
    scale = degrees.rsqrt()[..., None]
    num_images, num_nodes = degrees.shape
    num_wanted = min(num_vectors, num_nodes) - 1
    max_basis = min(max_basis, num_nodes - 1)
    basis = constant.new_zeros((num_images, num_nodes, 0))
    products = basis
    new = _draw_columns(basis, constant, min(_BLOCK, max_basis), generator)
    while True:
        basis = torch.cat([basis, new], dim=-1)
        product = scale * affinity.multiply(scale * new)
        products = torch.cat([products, product], dim=-1)
        num_columns = basis.shape[-1]
        is_full = num_columns >= max_basis
        if is_full or _is_worth_a_look(num_columns, num_wanted):
            found, residuals, values = _find_best(basis, products, num_wanted)
            is_converged = bool((residuals < tolerance).all())
            if is_full or is_converged:
                break
        new = _orthonormalize(product[..., : max_basis - num_columns], basis, constant, generator)
    first = torch.zeros_like(degrees[:, :1])
    return Eigenvectors(
        values=torch.cat([first, 1 - values], dim=1),
        vectors=scale * torch.cat([constant, found], dim=-1),
        residuals=torch.cat([first, residuals], dim=1),
        num_products=num_columns,
        is_converged=is_converged,
    )


def _build_constant(degrees: Float32[Tensor, "b n"]) -> Float32[Tensor, "b n 1"]:
    """u_0 = D^1/2 1 of unit length; 0 at isolated nodes, unless all are."""
    connected = torch.where(degrees < _ISOLATED, torch.zeros_like(degrees), degrees)
    totals = connected.sum(dim=-1, keepdim=True)
    connected = torch.where(totals > 0, connected / totals.clamp_min(_ISOLATED), 1 / degrees.shape[-1])
    return connected.sqrt()[..., None]


def _is_worth_a_look(num_columns: int, num_wanted: int) -> bool:
    """Looking costs as much as some steps: after three blocks more than are wanted, then after every third."""
    beyond = num_columns - num_wanted - 3 * _BLOCK
    return beyond >= 0 and beyond // _BLOCK % 3 == 0


def _find_best(
    basis: Float32[Tensor, "b n m"], products: Float32[Tensor, "b n m"], num_wanted: int
) -> tuple[Float32[Tensor, "b n k"], Float32[Tensor, "b k"], Float32[Tensor, "b k"]]:
    """Rayleigh-Ritz: the vectors of the basis's space with the largest values, their residuals, the values."""
    small = basis.mT @ products
    values, mixtures = torch.linalg.eigh((small + small.mT) / 2)
    first = values.shape[-1] - num_wanted
    values, mixtures = values[..., first:].flip(-1), mixtures[..., first:].flip(-1)
    found = basis @ mixtures
    return found, (products @ mixtures - found * values[:, None]).norm(dim=1), values


def _draw_columns(
    basis: Float32[Tensor, "b n m"], constant: Float32[Tensor, "b n 1"], num_columns: int, generator: torch.Generator
) -> Float32[Tensor, "b n p"]:
    """Random columns, orthonormal and orthogonal to `basis` and `constant`; the same for each image of the batch."""
    drawn = torch.randn((1, basis.shape[1], num_columns), generator=generator).to(basis.device)
    return _project_out(drawn.expand(len(basis), -1, -1), basis, constant)


def _orthonormalize(
    columns: Float32[Tensor, "b n p"],
    basis: Float32[Tensor, "b n m"],
    constant: Float32[Tensor, "b n 1"],
    generator: torch.Generator,
) -> Float32[Tensor, "b n p"]:
    """`columns`, orthonormal and orthogonal to `basis` and `constant`; fresh ones where they lie in their space."""
    lengths = columns.norm(dim=1, keepdim=True)
    rest = columns - basis @ (basis.mT @ columns) - constant * (constant.mT @ columns)
    is_lost = rest.norm(dim=1, keepdim=True) <= _LOST * lengths.clamp_min(_LOST)
    fresh = torch.randn((1, *columns.shape[1:]), generator=generator).to(columns.device)
    rest = torch.where(is_lost, fresh, rest / rest.norm(dim=1, keepdim=True).clamp_min(torch.finfo(rest.dtype).tiny))
    return _project_out(rest, basis, constant)


def _project_out(
    columns: Float32[Tensor, "b n p"], basis: Float32[Tensor, "b n m"], constant: Float32[Tensor, "b n 1"]
) -> Float32[Tensor, "b n p"]:
    """Orthonormal columns without any part in `basis` and `constant`; twice, since once leaves rounding errors."""
    for _ in range(2):
        columns = columns - basis @ (basis.mT @ columns) - constant * (constant.mT @ columns)
        columns = torch.linalg.qr(columns).Q
    return columns

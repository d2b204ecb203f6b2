"""The eigenvectors of the Laplacian of a batch of affinities, by block Lanczos. All images take each step together."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float32
from torch import Tensor
from torch.nn import functional

from ike_ray.spectral.affinity import Affinity

# A vector is known well enough for masks if its residual, relative to the largest value, is below this.
TOLERANCE = 1e-3
_ISOLATED = 1e-12  # a row with a smaller sum is a node without neighbours, and its degree counts as 1
# A product takes this many vectors at once. One alone is bound by memory, and more of them converge later. With 900 patches
# and 5 vectors, a block of 4 takes 1.5 ms an image, 6 take 1.7, 8 take 1.9, and 12 take 2.1 (benchmarks/spectral.py).
_BLOCK = 4
# If the largest value of N is below this, an image has no contrast. Residuals are relative to the larger of the two.
_NO_CONTRAST = 1e-2
# This is what float32 leaves of a product that should be 0, since N has norm 1. No residual need be smaller, and a vector
# that is no longer than this consists of rounding errors alone.
_ROUNDING = 2e-6


@dataclass(frozen=True, kw_only=True)
class Eigenvectors:
    """The smallest solutions of (D - W) v = l D v of each image, and how well they are known."""

    values: Float32[Tensor, "b k"]  # l, ascending, in [0, 2]; the first is 0
    vectors: Float32[Tensor, "b k n"]  # v^T D v = 1; the first is constant, and the signs of the others are free
    # The norm of N u - (1 - l) u, where u = D^1/2 v and N = D^-1/2 W D^-1/2. It is computed from the part of the last
    # products that lies outside the basis, mixed as they are in u. The norm for the vectors above differs from it by rounding
    # errors of 1e-6.
    residuals: Float32[Tensor, "b k"]
    num_products: int  # how many vectors each W was multiplied by
    is_converged: bool  # whether all residuals are below the tolerance


def solve_eigenvectors(
    affinity: Affinity, num_vectors: int, *, generator: torch.Generator, tolerance: float = TOLERANCE, max_basis: int = 240
) -> Eigenvectors:
    """Return the `num_vectors` smallest solutions v_0, v_1, ... of (D - W) v = l D v, where D is the diagonal of row sums.

    They belong to the largest eigenvalues mu = 1 - l of N = D^-1/2 W D^-1/2, and for these no system need be solved. The
    vector v_0 is constant, and the search leaves it out. A graph in pieces has further eigenvalues of 0. For equal
    eigenvalues, the vectors are any orthonormal ones of their space. If all patches are alike, W has one eigenvalue that is
    not 0. All further l are then 1, and their vectors say nothing.

    The search ends when all residuals are below `tolerance` times mu_1. They are relative, since adding the same to all
    weights shrinks every mu and changes no vector. It also ends when the basis has `max_basis` vectors, or n - 1. Then the
    best that is known is returned, with its residuals.

    Source: Melas-Kyriazi et al., CVPR 2022, section 3.1; Shi and Malik, PAMI 2000, equation 11. Block Lanczos with full
    orthogonalisation is in Golub and Van Loan, Matrix Computations, section 10.3.6.
    """
    degrees = affinity.list_degrees()
    constant = _build_constant(degrees)
    scale = torch.where(degrees < _ISOLATED, torch.ones_like(degrees), degrees).rsqrt()[:, None]
    num_nodes = degrees.shape[1]
    num_wanted = min(num_vectors, num_nodes) - 1
    if num_wanted == 0:
        return _build_answer(constant, scale, constant[:, :0], degrees[:, :0], degrees[:, :0], 0, is_converged=True)
    max_basis = min(max_basis, num_nodes - 1)
    basis = constant
    small = constant.new_zeros((len(degrees), 0, 0))  # N on the basis without `constant`; only its upper half is right
    new = _project_out(_draw(constant, min(_BLOCK, max_basis), generator), basis)
    while True:
        basis = torch.cat([basis, new], dim=1)
        product = scale * affinity.multiply(scale * new)
        overlap = basis @ product.mT
        rest = product - overlap.mT @ basis
        small = torch.cat([functional.pad(small, (0, 0, 0, new.shape[1])), overlap[:, 1:]], dim=2)
        num_products = small.shape[1]
        is_full = num_products >= max_basis
        if is_full or num_products >= 2 * (num_wanted + _BLOCK):
            values, mixtures = _find_largest(small, min(num_wanted, num_products))
            residuals = (rest.mT @ mixtures[:, -rest.shape[1] :]).norm(dim=1)
            is_converged = bool(_is_small(residuals, values, tolerance).all())
            if is_full or is_converged:
                break
        new = _orthonormalize(rest, basis, generator)[:, : max_basis - num_products]
    found = mixtures.mT @ basis[:, 1:]
    return _build_answer(constant, scale, found, values, residuals, num_products, is_converged=is_converged)


def _build_answer(
    constant: Float32[Tensor, "b 1 n"],
    scale: Float32[Tensor, "b 1 n"],
    found: Float32[Tensor, "b k n"],
    values: Float32[Tensor, "b k"],
    residuals: Float32[Tensor, "b k"],
    num_products: int,
    *,
    is_converged: bool,
) -> Eigenvectors:
    first = torch.zeros_like(scale[:, 0, :1])
    return Eigenvectors(
        values=torch.cat([first, 1 - values], dim=1),
        vectors=scale * torch.cat([constant, found], dim=1),
        residuals=torch.cat([first, residuals], dim=1),
        num_products=num_products,
        is_converged=is_converged,
    )


def _build_constant(degrees: Float32[Tensor, "b n"]) -> Float32[Tensor, "b 1 n"]:
    """Return u_0 = D^1/2 1, scaled to unit length. It is 0 at isolated nodes, unless all nodes are isolated."""
    connected = torch.where(degrees < _ISOLATED, torch.zeros_like(degrees), degrees)
    totals = connected.sum(dim=-1, keepdim=True)
    connected = torch.where(totals > 0, connected / totals.clamp_min(_ISOLATED), 1 / degrees.shape[-1])
    return connected.sqrt()[:, None]


def _find_largest(
    small: Float32[Tensor, "b m m"], num_wanted: int
) -> tuple[Float32[Tensor, "b k"], Float32[Tensor, "b m k"]]:
    """Return the largest values, descending, and how their vectors are mixed of the basis, by Rayleigh and Ritz."""
    values, mixtures = torch.linalg.eigh(small, UPLO="U")
    first = values.shape[-1] - num_wanted
    return values[:, first:].flip(-1), mixtures[..., first:].flip(-1)


def _is_small(residuals: Float32[Tensor, "b k"], values: Float32[Tensor, "b k"], tolerance: float) -> Bool[Tensor, "b k"]:
    return residuals < (tolerance * values[:, :1].clamp_min(_NO_CONTRAST)).clamp_min(_ROUNDING)


def _draw(basis: Float32[Tensor, "b m n"], num_rows: int, generator: torch.Generator) -> Float32[Tensor, "b p n"]:
    """Return random rows, the same for each image of the batch."""
    drawn = torch.randn((1, num_rows, basis.shape[2]), generator=generator).to(basis.device)
    return drawn.expand(len(basis), -1, -1)


def _orthonormalize(
    rest: Float32[Tensor, "b p n"], basis: Float32[Tensor, "b m n"], generator: torch.Generator
) -> Float32[Tensor, "b p n"]:
    """Return orthonormal rows that span `rest` and have no part in `basis`. Where `rest` has nothing new, rows are drawn."""
    rest = rest - (rest @ basis.mT) @ basis  # a second time, since the first one leaves rounding errors
    rows, triangle = torch.linalg.qr(rest.mT)
    lengths = triangle.diagonal(dim1=1, dim2=2).abs()
    if lengths.min() > _ROUNDING:
        return rows.mT
    rows = torch.where((lengths <= _ROUNDING)[..., None], _draw(basis, rest.shape[1], generator), rows.mT)
    return _project_out(rows - (rows @ basis.mT) @ basis, basis)


def _project_out(rows: Float32[Tensor, "b p n"], basis: Float32[Tensor, "b m n"]) -> Float32[Tensor, "b p n"]:
    """Return orthonormal rows that span `rows` without their part in `basis`."""
    rows = rows - (rows @ basis.mT) @ basis
    return torch.linalg.qr(rows.mT).Q.mT

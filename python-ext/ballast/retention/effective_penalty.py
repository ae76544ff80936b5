"""The retention penalty on what a LoRA adapter does to each matrix."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from ballast.adapters.adapted import TILE, AdaptedMatrix, LowRank, tiles
from ballast.errors import InvalidInputError
from ballast.retention.penalty import GRADIENT, PROXIMAL
from ballast.retention.retention import Retention

_STIFFEST = 1e20
"""Of k: more would take a system out of binary32's range, and moves a factor no further."""
_DAMPING = 1e-6
"""Of a system's trace: more than rounding in binary32 takes from its smallest eigenvalue, so Cholesky's factor is real."""


_Solver = Callable[[Tensor, Tensor], Tensor]


class EffectivePenalty(Retention):
    """λ Σ_W c_W Σ_ij Ω_ij E_ij² with E = s(BA − B*A*), over the adapted matrices W.

    Gradient form: with M = Ω ⊙ E its gradients 2 λ c s M Aᵀ for B and 2 λ c s Bᵀ M for A join the task's before the clip
    norm is taken, as autograd on the written loss would have it.

    Proximal form: a quadratic in BA is none in A and B together, but it is one in either while the other stays. So after
    the optimizer's step B goes to the minimum of ½‖B − B′‖² + η_t λ c Σ Ω E² over B alone, row by row, and then A to the
    one over A alone, column by column (for a weight stored [in, out] A goes first): one sweep of block coordinate descent
    on the penalty's proximal operator (Parikh & Boyd, Proximal Algorithms, 2014), which for no λ ends above where it
    began. With k = 2 η_t λ c a row b of B moves by −k s m Aᵀ (I + k s² A diag(ω) Aᵀ)⁻¹, where ω and m are its rows of Ω
    and M. The matrices A diag(ω) Aᵀ of all rows are one product of Ω with the r (r + 1) / 2 products of A's rows:
    operations grow as r².

    E is of rank 2r and computed in tiles of rows, so that nothing of a matrix's size is made; the proximal form also holds
    those products, r (r + 1) / 2 numbers for each column of W. With B* = 0 (where an adapter starts) E is s B A.
    """

    acts_on_step = True

    def __init__(
        self,
        matrices: Sequence[AdaptedMatrix],
        weights: Mapping[str, Tensor],
        coefficients: Mapping[str, float],
        reference: Mapping[str, tuple[Tensor, Tensor]],
        strength: float,
        form: str,
        tile: int = TILE,
    ) -> None:
        """
        Args:
            matrices: live
            weights: Ω by the base weight's name, ≥ 0, as it is stored, in any floating dtype; or 0-dim for one weight
                all over it
            coefficients: c by the base weight's name
            reference: (B*, A*) by the base weight's name
            strength: λ ≥ 0
            form: "gradient" or "proximal"
            tile: numbers of a matrix held at once

        Raises:
            InvalidInputError: an unknown form, or a negative λ.
        """
        if form not in (GRADIENT, PROXIMAL):
            raise InvalidInputError(f'retention.form: expected "{GRADIENT}" or "{PROXIMAL}", found "{form}"')
        if not strength >= 0:
            raise InvalidInputError(f"expected lambda of at least 0, found {strength}")
        self.strength = strength
        self.form = form
        self._tile = tile
        self._matrices = list(matrices)
        self._weights = [weights[matrix.name].to(matrix.weight.device) for matrix in matrices]
        self._coefficients = [coefficients[matrix.name] for matrix in matrices]
        self._reference = [
            tuple(factor.to(matrix.weight.device) for factor in reference[matrix.name]) for matrix in matrices
        ]

    @torch.no_grad()
    def add_gradient(self) -> None:
        """Adds to the `.grad` of every A and B, which must be there. Does nothing in the proximal form."""
        if self.form != GRADIENT:
            return
        for matrix, weight, coefficient, reference in self._each():
            rows, columns = matrix.factors(matrix.b, matrix.a)
            row_gradient, column_gradient = matrix.factors(matrix.b.grad, matrix.a.grad)
            scale = 2 * self.strength * coefficient * matrix.scaling
            for part, weighted in self._weighted(matrix, matrix.move(*reference), weight):
                row_gradient[part].addmm_(weighted, columns.T, alpha=scale)
                column_gradient.addmm_(rows[part].T, weighted, alpha=scale)

    @torch.no_grad()
    def proximal_step(self, learning_rate: float, gate: Tensor) -> None:
        """Pulls every B and A with η_t = `learning_rate`. Does nothing in the gradient form or under a shut gate."""
        if self.form != PROXIMAL:
            return
        for matrix, weight, coefficient, reference in self._each():
            stiffness = min(2 * learning_rate * self.strength * coefficient, _STIFFEST)
            factors = matrix.factors(matrix.b, matrix.a)  # [n, r], [r, m]
            places = _places(factors[1])
            to_minimum = functools.partial(_move, places=places, stiffness=stiffness, scaling=matrix.scaling, gate=gate)
            self._pull_rows(*factors, weight, matrix.move(*reference), to_minimum)
            self._pull_columns(*factors, weight, matrix.move(*reference), to_minimum)

    @torch.no_grad()
    def value(self) -> Tensor:
        """λ Σ c Σ Ω E² as it stands: 0-dim, fp64, on the parameters' device."""
        total = torch.zeros((), dtype=torch.float64, device=self._matrices[0].weight.device)
        for matrix, weight, coefficient, reference in self._each():
            move = matrix.move(*reference)
            for part, weighted in self._weighted(matrix, move, weight):
                # Σ M ⊙ (P Q) = Σ (M Qᵀ) ⊙ P: a thin product costs less than two more passes over the tile.
                total += coefficient * (weighted @ move.columns.T).mul_(move.rows[part]).sum(dtype=torch.float64)
        return self.strength * total

    def _pull_rows(self, rows: Tensor, columns: Tensor, weight: Tensor, move: LowRank, to_minimum: _Solver) -> None:
        """Moves P of E = s P Q − … to its minimum, in tiles of its rows.

        Args:
            rows: P [n, r], changed in place
            columns: Q [r, m]
            weight: Ω [n, m], or 0-dim
            move: E
            to_minimum: the moves of some rows [t, r], of their gradients [t, r] and the triangles of their curvatures
                [t or 1, r (r + 1) / 2]: `_move` with what is the same for all
        """
        alike = weight * _triangle(columns @ columns.T) if weight.dim() == 0 else None
        products = _products(columns) if alike is None else None
        for part in tiles(rows, self._tile // max(columns.shape[1], rows.shape[1] ** 2) * rows.shape[1]):
            held = weight if alike is not None else weight[part].float()
            gradient = move.tile(part).mul_(held) @ columns.T
            rows[part].add_(to_minimum(gradient, held @ products.T if alike is None else alike))

    def _pull_columns(self, rows: Tensor, columns: Tensor, weight: Tensor, move: LowRank, to_minimum: _Solver) -> None:
        """As `_pull_rows`, of Q: sums over tiles of rows too, for to read Ω along its columns takes four times as long."""
        rank, pairs = len(columns), len(columns) * (len(columns) + 1) // 2
        alike = weight * _triangle(rows.T @ rows) if weight.dim() == 0 else None
        for own in tiles(columns.T, self._tile // pairs * rank):
            moved = LowRank(move.rows, move.columns[:, own])
            width = moved.columns.shape[1]
            gradient = columns.new_zeros(rank, width)
            curvature = columns.new_zeros(pairs, width) if alike is None else alike.T
            for part in tiles(rows, self._tile // max(width, pairs) * rank):
                held = weight if alike is not None else weight[part, own].float()
                gradient.addmm_(rows[part].T, moved.tile(part).mul_(held))
                if alike is None:
                    curvature.addmm_(_products(rows[part].T), held)
            columns[:, own].add_(to_minimum(gradient.T, curvature.T).T)

    def _weighted(self, matrix: AdaptedMatrix, move: LowRank, weight: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """M = Ω ⊙ E in tiles of rows."""
        for part in tiles(matrix, self._tile):
            yield part, move.tile(part).mul_(weight if weight.dim() == 0 else weight[part])

    def _each(self) -> Iterator[tuple[AdaptedMatrix, Tensor, float, tuple[Tensor, Tensor]]]:
        return zip(self._matrices, self._weights, self._coefficients, self._reference, strict=True)


def _triangle(matrix: Tensor) -> Tensor:
    """[1, r (r + 1) / 2]: the upper triangle of [r, r], row by row."""
    i, j = torch.triu_indices(*matrix.shape, device=matrix.device)
    return matrix[i, j].unsqueeze(0)


def _products(factor: Tensor) -> Tensor:
    """[r (r + 1) / 2, m]: the products of every two rows i ≤ j of [r, m]."""
    i, j = torch.triu_indices(len(factor), len(factor), device=factor.device)
    factor = factor.contiguous()  # Rows that lie together are gathered at a tenth of the time.
    return factor[i] * factor[j]


def _places(factor: Tensor) -> Tensor:
    """[r²]: where each element of a symmetric [r, r] stands in its upper triangle, of a factor [r, m]."""
    i, j = torch.triu_indices(len(factor), len(factor), device=factor.device)
    places = i.new_empty(len(factor), len(factor))
    places[i, j] = places[j, i] = torch.arange(len(i), device=factor.device)
    return places.flatten()


def _move(
    weighted: Tensor, curvature: Tensor, places: Tensor, stiffness: float, scaling: float, gate: Tensor
) -> Tensor:
    """[n, r]: how each row of a factor moves, −k s g (I + k s² H)⁻¹; 0 where the gate is shut, or the system has no factor
    (Ω or the other factor is not finite).

    Args:
        weighted: g, rows of M times the other factor, [n, r]
        curvature: the upper triangles of H, [n, r (r + 1) / 2], or [1, …] where all rows have the same
        places: as `_places` has them
        stiffness: k
        scaling: s
    """
    rank = weighted.shape[1]
    system = curvature.index_select(1, places).view(-1, rank, rank)
    system *= stiffness * scaling**2
    diagonal = system.diagonal(dim1=1, dim2=2)  # A view.
    diagonal += 1 + _DAMPING * diagonal.sum(1, keepdim=True)
    factor, failed = torch.linalg.cholesky_ex(system)
    right = weighted * (-stiffness * scaling)
    solved = (
        torch.cholesky_solve(right.T, factor[0]).T
        if len(factor) == 1
        else torch.cholesky_solve(right.unsqueeze(2), factor).squeeze(2)
    )
    return torch.where((gate == 0) & (failed == 0).unsqueeze(1), solved, 0)

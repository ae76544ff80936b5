"""The retention penalty on what a LoRA adapter does to each matrix."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from ballast.adapted import TILE, AdaptedMatrix, LowRank, tiles
from ballast.errors import InvalidInputError
from ballast.penalty import GRADIENT
from ballast.retention import Retention


class EffectivePenalty(Retention):
    """λ Σ_W c_W Σ_ij Ω_ij E_ij² with E = s(BA − B*A*), over the adapted matrices W.

    With M = Ω ⊙ E its gradients 2 λ c s M Aᵀ for B and 2 λ c s Bᵀ M for A join the task's before the clip norm is
    taken, as autograd on the written loss would have it. E is of rank 2r and computed in tiles of rows, so that nothing
    of a matrix's size is made. With B* = 0 (where an adapter starts) E is s B A. A proximal step has no closed form
    here: a quadratic in BA is none in A and B.
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
            form: "gradient", the only one
            tile: numbers of a matrix held at once

        Raises:
            InvalidInputError: another form, or a negative λ.
        """
        if form != GRADIENT:
            raise InvalidInputError(
                f'retention.form: expected "{GRADIENT}" with retention.space "effective", found "{form}": a penalty on '
                "the product of two factors has no proximal step in closed form; leave the key out for its default"
            )
        if not strength >= 0:
            raise InvalidInputError(f"expected lambda of at least 0, found {strength}")
        self.strength = strength
        self._tile = tile
        self._matrices = list(matrices)
        self._weights = [weights[matrix.name].to(matrix.weight.device) for matrix in matrices]
        self._coefficients = [coefficients[matrix.name] for matrix in matrices]
        self._reference = [
            tuple(factor.to(matrix.weight.device) for factor in reference[matrix.name]) for matrix in matrices
        ]

    @torch.no_grad()
    def add_gradient(self) -> None:
        """Adds to the `.grad` of every A and B, which must be there."""
        for matrix, weight, coefficient, reference in self._each():
            rows, columns = matrix.factors(matrix.b, matrix.a)
            row_gradient, column_gradient = matrix.factors(matrix.b.grad, matrix.a.grad)
            scale = 2 * self.strength * coefficient * matrix.scaling
            for part, weighted in self._weighted(matrix, matrix.move(*reference), weight):
                row_gradient[part].addmm_(weighted, columns.T, alpha=scale)
                column_gradient.addmm_(rows[part].T, weighted, alpha=scale)

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

    def _weighted(self, matrix: AdaptedMatrix, move: LowRank, weight: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """M = Ω ⊙ E in tiles of rows."""
        for part in tiles(matrix, self._tile):
            yield part, move.tile(part).mul_(weight if weight.dim() == 0 else weight[part])

    def _each(self) -> Iterator[tuple[AdaptedMatrix, Tensor, float, tuple[Tensor, Tensor]]]:
        return zip(self._matrices, self._weights, self._coefficients, self._reference, strict=True)


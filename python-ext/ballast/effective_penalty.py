"""The retention penalty on what a LoRA adapter does to each matrix."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from ballast.adapted import TILE, AdaptedMatrix, tiles
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
            factors, gradients = matrix.product(matrix.b, matrix.a), matrix.product(matrix.b.grad, matrix.a.grad)
            difference = matrix.move(*reference)
            scale = 2 * self.strength * coefficient * matrix.scaling
            for part in tiles(matrix.weight, self._tile):
                weighted = difference.tile(part).mul_(_part(weight, part))
                gradients.rows[part].addmm_(weighted, factors.columns.T, alpha=scale)
                gradients.columns.addmm_(factors.rows[part].T, weighted, alpha=scale)

    @torch.no_grad()
    def value(self) -> Tensor:
        """λ Σ c Σ Ω E² as it stands: 0-dim, fp64, on the parameters' device."""
        total = torch.zeros((), dtype=torch.float64, device=self._matrices[0].weight.device)
        for matrix, weight, coefficient, reference in self._each():
            difference = matrix.move(*reference)
            for part in tiles(matrix.weight, self._tile):
                squares = difference.tile(part).square_().mul_(_part(weight, part))
                total += coefficient * squares.sum(dtype=torch.float64)
        return self.strength * total

    def _each(self) -> Iterator[tuple[AdaptedMatrix, Tensor, float, tuple[Tensor, Tensor]]]:
        return zip(self._matrices, self._weights, self._coefficients, self._reference, strict=True)


def _part(weight: Tensor, part: slice) -> Tensor:
    return weight if weight.dim() == 0 else weight[part]

"""What the methods share that hold each parameter back by an anchor's importance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ballast.adapters.adapted import EFFECTIVE, AdaptedMatrix, adapted_matrices, factors_by_matrix
from ballast.anchors import Anchor
from ballast.errors import InvalidInputError
from ballast.importance import permuted, weigh_layers
from ballast.methods.method import Method, PhaseStart
from ballast.models.layers import group_layers
from ballast.retention import Retention
from ballast.retention.effective_penalty import EffectivePenalty
from ballast.retention.penalty import QuadraticPenalty
from ballast.settings import RetentionSettings


@dataclass(frozen=True)
class AnchoredMethod(Method):
    """λ Σ_l α_l Σ_i Ω_i (θ_i − θ*_i)², with Ω of the kind that `importance` names."""

    needs = "general text, or an anchor that was made with it"

    def layer_coefficients(self, settings: RetentionSettings) -> str:
        """How α is made: every layer counts the same, unless a method says otherwise."""
        return "uniform"

    def strength(self, settings: RetentionSettings) -> float:
        """What multiplies the penalty: λ, unless a method says otherwise."""
        return settings.strength_or(self.strengths)

    def accepts(self, measured: str) -> bool:
        """Whether importance of that kind serves."""
        return measured == self.importance

    def effective_importance(self, anchor: Anchor, matrices: Sequence[AdaptedMatrix]) -> Mapping[str, Tensor]:
        """Ω of a LoRA adapter's matrices: as measured, unless a method says otherwise."""
        return anchor.effective_importance_for(matrices)

    def retain(self, start: PhaseStart) -> Retention:
        """As `Method.retain`.

        Raises:
            InvalidInputError: no anchor, or one of another kind of importance, of another space or of another model.
        """
        anchor, settings = start.anchor, start.settings
        if anchor is None or not self.accepts(anchor.measured.method):
            found = "none" if anchor is None else f"one of {anchor.measured.method}"
            raise InvalidInputError(
                f'expected an anchor of {self.importance} for the method "{self.name}", found {found}: add a "general" '
                f'block to the experiment, or name an anchor that was made for "{self.name}" in "retention.anchor"'
            )
        if settings.space == EFFECTIVE:
            return self._effective_penalty(start, anchor)
        reference = anchor.reference_for(start.parameters)
        importance, coefficients = self._weigh(start, anchor.importance)
        return QuadraticPenalty(
            start.parameters,
            weights=importance if settings.permute else anchor.held_importance(),
            coefficients=coefficients,
            reference=reference,
            strength=self.strength(settings),
            form=settings.form,
        )

    def _effective_penalty(self, start: PhaseStart, anchor: Anchor) -> EffectivePenalty:
        matrices = adapted_matrices(start.model)
        importance, coefficients = self._weigh(start, self.effective_importance(anchor, matrices))
        reference = anchor.reference_for(start.parameters)
        return EffectivePenalty(
            matrices,
            weights=importance,
            coefficients=coefficients,
            reference=factors_by_matrix(matrices, reference),
            strength=self.strength(start.settings),
            form=start.settings.form,
        )

    def _weigh(
        self, start: PhaseStart, importance: Mapping[str, Tensor]
    ) -> tuple[Mapping[str, Tensor], Mapping[str, float]]:
        """(Ω, what multiplies it in each tensor)."""
        settings = start.settings
        groups = group_layers(start.model, importance, settings.layers)
        importance = permuted(importance, settings.seed) if settings.permute else importance
        weights = weigh_layers(importance, groups, self.layer_coefficients(settings), settings.normalize)
        return importance, weights.coefficients()

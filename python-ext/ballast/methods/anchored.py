"""What the methods share that hold each parameter back by an anchor's importance."""

from dataclasses import dataclass

from ballast.errors import InvalidInputError
from ballast.importance import permuted, weigh_layers
from ballast.layers import group_layers
from ballast.methods.method import Method, PhaseStart
from ballast.penalty import DEFAULT_STRENGTH, QuadraticPenalty
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
        return settings.strength_or(DEFAULT_STRENGTH)

    def retain(self, start: PhaseStart) -> QuadraticPenalty:
        """As `Method.retain`.

        Raises:
            InvalidInputError: no anchor, or one of another kind of importance or of another model.
        """
        anchor, settings = start.anchor, start.settings
        if anchor is None or anchor.measured.method != self.importance:
            found = "none" if anchor is None else f"one of {anchor.measured.method}"
            raise InvalidInputError(
                f'expected an anchor of {self.importance} for the method "{self.name}", found {found}: add a "general" '
                f'block to the experiment, or name an anchor that was made for "{self.name}" in "retention.anchor"'
            )
        reference = anchor.reference_for(start.parameters)
        groups = group_layers(start.model, start.parameters, settings.layers)
        importance = permuted(anchor.importance, settings.seed) if settings.permute else anchor.importance
        weights = weigh_layers(importance, groups, self.layer_coefficients(settings), settings.normalize)
        return QuadraticPenalty(
            start.parameters,
            weights=importance,
            coefficients=weights.coefficients(),
            reference=reference,
            strength=self.strength(settings),
            form=settings.form,
        )

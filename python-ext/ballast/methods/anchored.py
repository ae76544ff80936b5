"""What the methods share that hold each parameter back by an anchor's importance."""

from collections.abc import Mapping

from torch import Tensor, nn

from ballast.anchor import Anchor
from ballast.errors import InvalidInputError
from ballast.importance import weigh_layers
from ballast.layers import group_layers
from ballast.penalty import DEFAULT_STRENGTH, RetentionPenalty
from ballast.settings import PhaseSettings


class AnchoredMethod:
    """λ Σ_l α_l Σ_i Ω_i (θ_i − θ*_i)², with Ω of the kind that `importance` names.

    Attributes:
        name: as an experiment has it
        importance: `importance.PATH_INTEGRAL`, `importance.FISHER` or `importance.SENSITIVITY`
    """

    name: str
    importance: str
    default_strength = DEFAULT_STRENGTH

    def layer_coefficients(self, settings: PhaseSettings) -> str:
        """How α is made: every layer counts the same, unless a method says otherwise."""
        return "uniform"

    def penalty(
        self, model: nn.Module, parameters: Mapping[str, Tensor], anchor: Anchor | None, settings: PhaseSettings
    ) -> RetentionPenalty:
        """As `Method.penalty`.

        Raises:
            InvalidInputError: no anchor, or one of another kind of importance or of another model.
        """
        if anchor is None or anchor.measured.method != self.importance:
            found = "none" if anchor is None else f"one of {anchor.measured.method}"
            raise InvalidInputError(
                f'expected an anchor of {self.importance} for the method "{self.name}", found {found}: add a "general" '
                f'block to the experiment, or name an anchor that was made for "{self.name}" in "retention.anchor"'
            )
        reference = anchor.reference_for(parameters)
        groups = group_layers(model, parameters, settings.layers)
        weights = weigh_layers(anchor.importance, groups, self.layer_coefficients(settings), settings.normalize)
        return RetentionPenalty(
            parameters,
            weights=anchor.importance,
            coefficients=weights.coefficients(),
            reference=reference,
            strength=settings.strength_or(self.default_strength),
            form=settings.form,
        )

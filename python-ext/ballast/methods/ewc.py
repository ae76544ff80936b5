"""Elastic weight consolidation."""

from collections.abc import Mapping

from torch import Tensor, nn

from ballast.anchor import Anchor
from ballast.importance import FISHER, weigh_layers
from ballast.layers import group_layers
from ballast.methods.registry import register, required_anchor
from ballast.penalty import DEFAULT_STRENGTH, RetentionPenalty
from ballast.settings import PhaseSettings


@register("ewc")
class Ewc:
    """λ Σ_i F_i (θ_i − θ*_i)² with F the diagonal Fisher information at θ* (Kirkpatrick et al. 2017, arXiv 1612.00796).

    F_i = 1/N Σ_n (∂ log p(x_n) / ∂θ_i)² over N samples of general text, a sample being a document and log p(x_n) the sum
    over its scored tokens. λ here is the paper's ½λ. Every layer counts the same.
    """

    importance = FISHER
    default_strength = DEFAULT_STRENGTH

    def penalty(
        self, model: nn.Module, parameters: Mapping[str, Tensor], anchor: Anchor | None, settings: PhaseSettings
    ) -> RetentionPenalty:
        anchor = required_anchor("ewc", FISHER, anchor)
        reference = anchor.reference_for(parameters)
        groups = group_layers(model, parameters, "parameter")
        weights = weigh_layers(anchor.importance, groups, "uniform", settings.normalize)
        return RetentionPenalty(
            parameters,
            weights=anchor.importance,
            coefficients=weights.coefficients(),
            reference=reference,
            strength=settings.strength_or(self.default_strength),
            form=settings.form,
        )

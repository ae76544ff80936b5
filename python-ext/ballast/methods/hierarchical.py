"""Hierarchical layer-wise and element-wise regularization."""

from collections.abc import Mapping

from torch import Tensor, nn

from ballast.anchor import Anchor
from ballast.importance import PATH_INTEGRAL, weigh_layers
from ballast.layers import group_layers
from ballast.methods.registry import register, required_anchor
from ballast.penalty import DEFAULT_STRENGTH, RetentionPenalty
from ballast.settings import PhaseSettings


@register("hierarchical")
class Hierarchical:
    """λ Σ_l α_l Σ_i Ω_i (θ_i − θ*_i)²: element-wise importance Ω under layer-wise coefficients α (arXiv 2501.13669).

    The anchor's Ω is weighed anew with the phase's `layer_coefficients`, `layers` and `normalize`. With uniform α it is
    Synaptic Intelligence (arXiv 1703.04200).
    """

    importance = PATH_INTEGRAL
    default_strength = DEFAULT_STRENGTH

    def penalty(
        self, model: nn.Module, parameters: Mapping[str, Tensor], anchor: Anchor | None, settings: PhaseSettings
    ) -> RetentionPenalty:
        anchor = required_anchor("hierarchical", PATH_INTEGRAL, anchor)
        reference = anchor.reference_for(parameters)
        groups = group_layers(model, parameters, settings.layers)
        weights = weigh_layers(anchor.importance, groups, settings.layer_coefficients, settings.normalize)
        return RetentionPenalty(
            parameters,
            weights=anchor.importance,
            coefficients=weights.coefficients(),
            reference=reference,
            strength=settings.strength_or(self.default_strength),
            form=settings.form,
        )

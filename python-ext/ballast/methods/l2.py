"""L2 to the start: the null model that every regularizer must beat."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ballast.anchor import Anchor
from ballast.methods.registry import register
from ballast.penalty import DEFAULT_STRENGTH, RetentionPenalty
from ballast.settings import PhaseSettings


@register("l2")
class L2:
    """λ Σ_i (θ_i − θ*_i)²: every parameter weighs the same (L2-SP, arXiv 1802.01483).

    θ* is the anchor's reference, or where the phase starts if there is no anchor. The weight 1 is of mean 1 as
    normalised importance is, so λ means about the same as for `hierarchical`.
    """

    default_strength = DEFAULT_STRENGTH

    def penalty(
        self, model: nn.Module, parameters: Mapping[str, Tensor], anchor: Anchor | None, settings: PhaseSettings
    ) -> RetentionPenalty:
        if anchor is None:
            reference = {name: parameter.detach().clone() for name, parameter in parameters.items()}
        else:
            reference = anchor.reference_for(parameters)
        return RetentionPenalty(
            parameters,
            weights=dict.fromkeys(parameters, torch.ones(())),
            coefficients=dict.fromkeys(parameters, 1.0),
            reference=reference,
            strength=settings.strength_or(self.default_strength),
            form=settings.form,
        )

"""L2 to the start: the null model that every regularizer must beat."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ballast.adapters.adapted import EFFECTIVE, FACTORS, adapted_matrices, factors_by_matrix
from ballast.errors import InvalidInputError
from ballast.methods.method import Method, PhaseStart, option
from ballast.methods.registry import register
from ballast.models.layers import vocabulary_parameters
from ballast.retention import Retention
from ballast.retention.effective_penalty import EffectivePenalty
from ballast.retention.penalty import QuadraticPenalty


@register("l2")
@dataclass(frozen=True)
class L2(Method):
    """Every parameter is held alike.

    λ Σ_i (θ_i − θ*_i)². θ* is the anchor's reference, or where the phase starts if there is no anchor. The weight 1 is
    of mean 1 as normalised importance is, so λ means about the same as for hierarchical. In the effective space of a
    LoRA adapter it is λ Σ_W ‖s(BA − B*A*)‖².
    """

    paper = "L2-SP, arXiv 1802.01483"
    spaces = (FACTORS, EFFECTIVE)
    sharded = True

    free_unseen: bool = option(
        False,
        "Rows of embedding and head whose tokens never occur in the general text are not held: hierarchical leaves "
        "them free too, so this is the null model of its importance. Needs general text.",
    )

    def retain(self, start: PhaseStart) -> Retention:
        if start.anchor is None:
            reference = {name: parameter.detach().clone() for name, parameter in start.parameters.items()}
        else:
            reference = start.anchor.reference_for(start.parameters)
        if start.settings.space == EFFECTIVE:
            return self._effective(start, reference)
        return QuadraticPenalty(
            start.parameters,
            weights=dict.fromkeys(start.parameters, torch.ones(())) | self._rows_of_seen_tokens(start),
            coefficients=dict.fromkeys(start.parameters, 1.0),
            reference=reference,
            strength=start.settings.strength_or(self.strengths),
            form=start.settings.form,
        )

    def _effective(self, start: PhaseStart, reference: Mapping[str, Tensor]) -> EffectivePenalty:
        if self.free_unseen:
            raise InvalidInputError(
                'retention.options.freeUnseen: expected retention.space "factors", found "effective": a LoRA adapter '
                "on linear modules leaves the rows of the embedding alone; leave the option out"
            )
        matrices = adapted_matrices(start.model)
        return EffectivePenalty(
            matrices,
            weights={matrix.name: torch.ones(()) for matrix in matrices},
            coefficients={matrix.name: 1.0 for matrix in matrices},
            reference=factors_by_matrix(matrices, reference),
            strength=start.settings.strength_or(self.strengths),
            form=start.settings.form,
        )

    def _rows_of_seen_tokens(self, start: PhaseStart) -> Mapping[str, Tensor]:
        """By name of an embedding or head: 1 in the rows of tokens that were seen, 0 in the others; its shape."""
        if not self.free_unseen:
            return {}
        if start.anchor is None or start.anchor.seen_tokens is None:
            raise InvalidInputError(
                "retention.options.freeUnseen: expected to know the tokens of the general text, found "
                + ("no general text" if start.anchor is None else "an anchor that was made without noting them")
                + ': add a "general" block to the experiment, or measure a new anchor'
            )
        with_rows = vocabulary_parameters(start.model, start.parameters)
        if not with_rows:
            raise InvalidInputError(
                "retention.options.freeUnseen: expected an embedding or a head that is trained, found none: an adapter "
                "has no row for each token; leave the option out, or train the whole model"
            )
        seen = start.anchor.seen_tokens
        return {
            name: seen.to(parameter.device, torch.bfloat16)[:, None].expand_as(parameter).contiguous()
            for name, parameter in with_rows.items()
        }

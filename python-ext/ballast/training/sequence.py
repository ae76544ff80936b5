"""From one domain to the next: what is to be remembered is carried on, and the adapter with it."""

from dataclasses import replace

import torch
from torch import Tensor

from ballast import adapters
from ballast.adapters.adapted import EFFECTIVE, adapted_matrices
from ballast.anchors import Anchor
from ballast.errors import InvalidInputError
from ballast.importance.merging import SEPARATE, merged_seen_tokens
from ballast.models import OpenedModel
from ballast.models.layers import covered_parameters

CONTINUE = "continue"
STACK = "stack"
MERGE = "merge"
ADAPTER_WAYS = (CONTINUE, STACK, MERGE)


def carry_adapter_on(opened: OpenedModel, way: str, seed: int) -> None:
    """Prepares a LoRA adapter for the next domain.

    Args:
        opened: at the end of a domain
        way: "continue": the same adapter goes on. "stack": it is kept, and a new one is trained on top of it; what is
            saved is one adapter with all. "merge": it is folded into the base's weights for good
        seed: of a new adapter's initial values

    Raises:
        InvalidInputError: an unknown way, or an adapter of a kind that cannot be folded.
    """
    if way not in ADAPTER_WAYS:
        raise InvalidInputError(f'adapter.carry: expected one of {", ".join(ADAPTER_WAYS)}, found "{way}"')
    if way != CONTINUE:
        adapters.start_afresh(opened, seed, merge=way == MERGE)


@torch.no_grad()
def carry_anchor_on(
    opened: OpenedModel, previous: Anchor, measured: Anchor | None, seen_tokens: Tensor, rule: str, decay: float | None
) -> Anchor:
    """The anchor that the next domain is held by.

    θ* is the model as it stands, or between all with the rule "separate"; Ω is merged by the rule, element by element.

    Args:
        opened: at the end of a domain, its adapter carried on
        previous: what that domain was held by
        measured: Ω of that domain; None for a method that has no importance, which carries on θ* alone
        seen_tokens: [vocabulary] bool: the domain's
        rule: as in `merging.merged_importance`
        decay: γ of the rule "decay"

    Raises:
        InvalidInputError: as `Anchor.merged`.
    """
    model = opened.model
    carried = previous
    if measured is not None:
        if measured.space == EFFECTIVE:  # Either may be of the whole model.
            matrices = adapted_matrices(model)
            previous, measured = previous.of_adapted(matrices), measured.of_adapted(matrices)
        # What another variant of the same method measured was accepted when the domain began.
        former = replace(previous, measured=replace(previous.measured, method=measured.measured.method))
        carried = Anchor.merged([former, measured], rule, decay)
    seen = merged_seen_tokens([previous.seen_tokens, seen_tokens])
    if measured is not None and rule == SEPARATE:
        return replace(carried, seen_tokens=seen)
    here = {name: parameter.detach().clone() for name, parameter in covered_parameters(model).items()}
    return replace(carried, reference=here, reference_is_base=False, base_hashes=None, seen_tokens=seen)

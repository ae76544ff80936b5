"""The base model's predictions beside those of the model that is being trained."""

import copy
import dataclasses

import torch
from torch import Tensor, nn

from ballast.errors import InvalidInputError
from ballast.forward import scoring
from ballast.forward.batches import TokenBatch
from ballast.models import OpenedModel, evaluating


class Teacher:
    """What the base says, without dropout and without gradient.

    With a PEFT adapter it is the model itself, its adapter switched off; adapters of earlier domains that were folded
    into the base stay on. Without, it is a copy of the model as it stands
    now, which doubles the memory of the parameters.
    """

    def __init__(self, model: nn.Module) -> None:
        self._switches_adapter_off = hasattr(model, "disable_adapter")
        self._copy = None if self._switches_adapter_off else copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def logits(self, opened: OpenedModel, batch: TokenBatch) -> Tensor:
        """[S, vocabulary]: the base's logits at the scored positions.

        Raises:
            InvalidInputError: switching the adapter off does not give the base (CorDA).
        """
        if self._switches_adapter_off and len(opened.folded) > opened.former:
            raise InvalidInputError(
                "adapter.kind: expected an adapter beside the base's own weights, found one whose start was taken out "
                'of them (corda): switched off, it does not leave the base; use the kind "lora" with this method'
            )
        if self._copy is not None:
            return scoring.selected_logits(dataclasses.replace(opened, model=self._copy), batch)
        with opened.model.disable_adapter(), evaluating(opened.model):
            return scoring.selected_logits(opened, batch)

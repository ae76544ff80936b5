"""CorDA's start in knowledge-preserved mode (Yang et al. 2024, arXiv 2406.05223), through PEFT.

Of each adapted W [out, in], with C the covariance of its inputs on general text, W C = U S Vᵀ: the r directions of the
smallest singular values become B = U √(S/s) and A = √(S/s) Vᵀ C⁻¹, and W loses s·BA. So the model starts as it was, and
what is trained is the part that general text uses least.
"""

import numpy
import torch
from torch import Tensor, nn

from ballast.adapters import target_modules
from ballast.adapters.target_modules import ALL_LINEAR
from ballast.errors import InvalidInputError
from ballast.forward import batches
from ballast.models import OpenedModel


class Samples:
    """Documents of general text, gathered from slots."""

    def __init__(self, opened: OpenedModel) -> None:
        self._opened = opened
        self.documents: list[Tensor] = []  # [length] int64 each, on the CPU

    def add(self, slot: numpy.ndarray, rows: int, length: int, packed: bool) -> None:
        """Keeps a copy of the documents in a slot."""
        batch = batches.read_slot(slot, rows, length, packed, self._opened.vocabulary_size, torch.device("cpu"))
        for ids, segments in zip(batch.ids, batch.segments, strict=True):
            self.documents += [ids[segments == segment] for segment in range(1, int(segments.max()) + 1)]


def spelled_out(model: nn.Module, targets: list[str], rank: int) -> list[str]:
    """The targets without "all-linear", which PEFT does not know here.

    Raises:
        InvalidInputError: a module is smaller than the rank, or no linear layer.
    """
    chosen = target_modules.matched_modules(model, targets)
    for name, module in chosen.items():
        if isinstance(module, nn.Embedding):
            raise InvalidInputError(f"adapter.targets: expected linear modules for corda, found the embedding {name}")
        if min(module.weight.shape) < rank:
            raise InvalidInputError(
                f"adapter.rank: expected at most {min(module.weight.shape)} for corda, which splits the singular "
                f"directions of {name}, found {rank}"
            )
    return list(chosen) if targets == [ALL_LINEAR] else targets


def prepare(opened: OpenedModel, config, samples: Samples | None) -> None:
    """Puts onto each module the directions that PEFT will start from.

    Raises:
        InvalidInputError: no general text.
    """
    from peft.tuners.lora.corda import preprocess_corda

    if samples is None or not samples.documents:
        raise InvalidInputError(
            'adapter.kind: corda starts from activations of general text, found none; add a "general" block to the '
            'experiment, or use "lora"'
        )
    opened.model.eval()

    def run_on_general_text() -> None:
        for ids in samples.documents:
            # PEFT takes a module's inputs as one matrix [tokens, in]: a document at a time.
            opened.model(input_ids=ids[None].to(opened.device), use_cache=False)

    preprocess_corda(opened.model, config, run_model=run_on_general_text)

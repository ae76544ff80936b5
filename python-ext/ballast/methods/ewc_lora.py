"""Elastic weight consolidation of what a LoRA adapter does to each matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ballast.adapters.adapted import EFFECTIVE, AdaptedMatrix
from ballast.anchors import Anchor
from ballast.measurement.effective_fisher import ONLINE, RELEASED, VARIANTS, fisher_kind
from ballast.methods.anchored import AnchoredMethod
from ballast.methods.method import option
from ballast.methods.registry import register
from ballast.retention.penalty import GRADIENT, PROXIMAL
from ballast.settings import RetentionSettings


@register("ewc-lora")
@dataclass(frozen=True)
class EwcLora(AnchoredMethod):
    """Each element of a LoRA adapter's effective change is held by the Fisher information of its matrix.

    λ Σ_W Σ_ij F_ij (s B A)_ij² over the adapted matrices W (from where the general phase left the adapter, if it moved
    it), with F = 1/N Σ_n (∂ℓ_n/∂W)² and ℓ_n the mean loss of document n's tokens, 800 at most. "released" measures the
    whole model as the released code does: a document at a time, each gradient copied to the CPU, squared and added up
    there in fp32. "restricted" measures the adapted matrices only, on their device; "batched" whole batches, exactly:
    three ways to one F; on a base in 4 or 8 bits only the last, and "online". "online" (arXiv 2602.17559) takes the squared
    gradient of a whole batch, hence another F, and ½λ; over several domains F is added up or decays, and the adapter is
    merged after each (its authors' code, yaoyz96/low-rank-cl, adds the factors up instead, A with A and B with B, whose
    product is another matrix). The released form has retention.reference "start", so that F is the base's, and
    retention.normalize "none".
    """

    needs = "a LoRA adapter, and general text, or an anchor that was made with it"
    paper = "arXiv 2305.10626; variant online: arXiv 2602.17559"
    forms = (GRADIENT, PROXIMAL)
    spaces = (EFFECTIVE,)

    variant: str = option(RELEASED, "How F is measured.", choices=VARIANTS)
    int8: bool = option(
        False,
        "F becomes round(127 F / its largest in the row of an output), as the released code has it by loading F as an "
        "8-bit model: every row then weighs alike.",
    )

    @property
    def importance(self) -> str:
        return fisher_kind(self.variant)

    def accepts(self, measured: str) -> bool:
        """All but "online" measure the same F."""
        same = [fisher_kind(variant) for variant in VARIANTS if (variant == ONLINE) == (self.variant == ONLINE)]
        return measured in same

    def strength(self, settings: RetentionSettings) -> float:
        return super().strength(settings) / (2 if self.variant == ONLINE else 1)

    def effective_importance(self, anchor: Anchor, matrices: Sequence[AdaptedMatrix]) -> Mapping[str, Tensor]:
        fisher = super().effective_importance(anchor, matrices)
        if not self.int8:
            return fisher
        return {matrix.name: eight_bit(fisher[matrix.name], matrix.transposed) for matrix in matrices}


def eight_bit(fisher: Tensor, transposed: bool) -> Tensor:
    """round(127 F / row maximum): whole numbers up to 127, in bfloat16, which holds them exactly; a row of zeros stays.

    What bitsandbytes stores of a linear layer's weight, and what run.py of szxiangjn/world-model-for-language-model
    then multiplies without scaling it back.

    Args:
        fisher: F ≥ 0 [out, in], or [in, out] where `transposed`
        transposed: the rows of an output are columns here
    """
    largest = fisher.amax(0 if transposed else 1, keepdim=True)
    return torch.where(largest > 0, 127 * fisher / largest, 0).round().to(torch.bfloat16)

"""Elastic weight consolidation."""

from dataclasses import dataclass

from ballast.importance import FISHER
from ballast.methods.anchored import AnchoredMethod
from ballast.methods.method import option
from ballast.methods.registry import register
from ballast.settings import RetentionSettings


@register("ewc")
@dataclass(frozen=True)
class Ewc(AnchoredMethod):
    """Each parameter is held by its Fisher information (elastic weight consolidation).

    λ Σ_i F_i (θ_i − θ*_i)² with F the diagonal Fisher information at θ*, F_i = 1/N Σ_n (∂ log p(x_n) / ∂θ_i)² over N
    samples of general text, a sample being a document and log p(x_n) the sum over its scored tokens. Every layer counts
    the same.
    """

    paper = "arXiv 1612.00796"
    importance = FISHER

    halved: bool = option(False, "½ λ Σ F (θ − θ*)² as the paper writes it, in place of λ Σ F (θ − θ*)².")

    def strength(self, settings: RetentionSettings) -> float:
        return super().strength(settings) / (2 if self.halved else 1)

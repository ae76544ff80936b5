"""Memory aware synapses."""

from dataclasses import dataclass

from ballast.importance import SENSITIVITY
from ballast.methods.anchored import AnchoredMethod
from ballast.methods.registry import register


@register("mas")
@dataclass(frozen=True)
class Mas(AnchoredMethod):
    """Each parameter is held by how much the output moves with it (memory aware synapses).

    λ Σ_i Ω_i (θ_i − θ*_i)² with Ω_i = 1/N Σ_n |∂‖f(x_n)‖²/∂θ_i|, f(x_n) the logits at the scored positions of document n,
    whatever the text says. Every layer counts the same.
    """

    paper = "arXiv 1711.09601"
    importance = SENSITIVITY

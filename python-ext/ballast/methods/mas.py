"""Memory aware synapses."""

from ballast.importance import SENSITIVITY
from ballast.methods.anchored import AnchoredMethod
from ballast.methods.registry import register


@register("mas")
class Mas(AnchoredMethod):
    """λ Σ_i Ω_i (θ_i − θ*_i)² with Ω_i = 1/N Σ_n |∂‖f(x_n)‖²/∂θ_i| (Aljundi et al. 2018, arXiv 1711.09601).

    f(x_n) are the logits at the scored positions of document n: how much the output moves with a parameter, whatever the
    text says. Every layer counts the same.
    """

    importance = SENSITIVITY

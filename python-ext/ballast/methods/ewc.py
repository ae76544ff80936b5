"""Elastic weight consolidation."""

from ballast.importance import FISHER
from ballast.methods.anchored import AnchoredMethod
from ballast.methods.registry import register


@register("ewc")
class Ewc(AnchoredMethod):
    """λ Σ_i F_i (θ_i − θ*_i)² with F the diagonal Fisher information at θ* (Kirkpatrick et al. 2017, arXiv 1612.00796).

    F_i = 1/N Σ_n (∂ log p(x_n) / ∂θ_i)² over N samples of general text, a sample being a document and log p(x_n) the sum
    over its scored tokens. λ here is the paper's ½λ. Every layer counts the same.
    """

    importance = FISHER

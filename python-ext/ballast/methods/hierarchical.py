"""Hierarchical layer-wise and element-wise regularization."""

from dataclasses import dataclass

from ballast.adapters.adapted import EFFECTIVE, FACTORS
from ballast.importance import PATH_INTEGRAL
from ballast.methods.anchored import AnchoredMethod
from ballast.methods.registry import register
from ballast.settings import RetentionSettings


@register("hierarchical")
@dataclass(frozen=True)
class Hierarchical(AnchoredMethod):
    """Each parameter is held by its path integral, each layer by a coefficient.

    λ Σ_l α_l Σ_i Ω_i (θ_i − θ*_i)². The anchor's Ω is weighed anew with the phase's `layer_coefficients`, `layers` and
    `normalize`. With uniform α it is Synaptic Intelligence (arXiv 1703.04200). In the effective space of a LoRA adapter
    θ is what the adapter does to each matrix, s B A.
    """

    paper = "arXiv 2501.13669"
    importance = PATH_INTEGRAL
    spaces = (FACTORS, EFFECTIVE)
    sharded = True

    def layer_coefficients(self, settings: RetentionSettings) -> str:
        return settings.layer_coefficients

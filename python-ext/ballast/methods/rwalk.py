"""Riemannian walk."""

from dataclasses import dataclass

from ballast.importance import RIEMANNIAN_WALK
from ballast.methods.anchored import AnchoredMethod
from ballast.methods.registry import register


@register("rwalk")
@dataclass(frozen=True)
class RWalk(AnchoredMethod):
    """Each parameter is held by its Fisher information and by its path integral over distance (Riemannian walk).

    λ Σ_i (F_i / max F + s_i / max s) (θ_i − θ*_i)², F the running Fisher information of the general phase's batches and s
    the loss gained per change of the predictions, as `riemannian_walk.RiemannianWalk` measures them. Every layer counts
    the same.
    """

    paper = "arXiv 1801.10112"
    importance = RIEMANNIAN_WALK

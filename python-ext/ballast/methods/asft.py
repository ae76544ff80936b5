"""Anchored supervised fine-tuning."""

from dataclasses import dataclass

from ballast.forward.teacher import Teacher
from ballast.methods.kl import FORWARD, DivergenceFromTeacher
from ballast.methods.method import Method, PhaseStart
from ballast.methods.registry import register
from ballast.retention import OBJECTIVE


@register("asft")
@dataclass(frozen=True)
class Asft(Method):
    """Targets count by the model's own probability of them, and its predictions are held to the base's.

    Σ_t sg(p_θ(y_t)) CE_t + λ KL(p_base ‖ p_θ)_t over the scored targets, sg without a gradient: dynamic fine-tuning
    (arXiv 2508.05629) with an anchor. The base is as for kl. Tokens that the model finds unlikely teach it little, so
    facts that are new to it are learned slowly. The paper's λ is 0.05 to 0.1.
    """

    paper = "arXiv 2509.23753"
    forms = (OBJECTIVE,)

    def retain(self, start: PhaseStart) -> DivergenceFromTeacher:
        strength = start.settings.strength_or(self.strengths)
        return DivergenceFromTeacher(Teacher(start.model), strength, FORWARD, weighted=True)

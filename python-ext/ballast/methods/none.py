"""Plain fine-tuning."""

from dataclasses import dataclass

from ballast.adapted import EFFECTIVE, FACTORS
from ballast.methods.method import Method, PhaseStart
from ballast.methods.registry import register
from ballast.penalty import GRADIENT, PROXIMAL
from ballast.retention import OBJECTIVE, Retention


@register("none")
@dataclass(frozen=True)
class NoRetention(Method):
    """Plain fine-tuning, which every method is compared with.

    A lower learning rate and fewer steps are the free ways of forgetting less; they are settings of the phase.
    """

    forms = (PROXIMAL, GRADIENT, OBJECTIVE)
    spaces = (FACTORS, EFFECTIVE)
    sharded = True

    def retain(self, start: PhaseStart) -> Retention:
        return Retention()

"""Plain fine-tuning."""

from dataclasses import dataclass

from ballast.adapters.adapted import EFFECTIVE, FACTORS
from ballast.methods.method import Method, PhaseStart
from ballast.methods.registry import register
from ballast.retention import OBJECTIVE, Retention
from ballast.retention.penalty import GRADIENT, PROXIMAL


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

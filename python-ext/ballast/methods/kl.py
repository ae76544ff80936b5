"""Kullback-Leibler divergence from the base's predictions."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from ballast.forward import scoring
from ballast.forward.batches import TokenBatch
from ballast.forward.teacher import Teacher
from ballast.methods.method import Method, PhaseStart, option
from ballast.methods.registry import register
from ballast.models import OpenedModel
from ballast.retention import OBJECTIVE, Retention

FORWARD = "forward"
REVERSE = "reverse"


class DivergenceFromTeacher(Retention):
    """Σ_t (w_t CE_t + λ KL_t) over the scored targets, with w_t 1 or the model's own probability of the target."""

    def __init__(self, teacher: Teacher, strength: float, direction: str, weighted: bool) -> None:
        self.strength = strength
        self._teacher = teacher
        self._direction = direction
        self._weighted = weighted

    def objective(self, opened: OpenedModel, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        teacher = self._teacher.logits(opened, batch).float().log_softmax(-1)  # [S, vocabulary]
        student = scoring.selected_logits(opened, batch).float().log_softmax(-1)
        cross_entropies = functional.nll_loss(student, batch.targets, reduction="none")
        learned = cross_entropies
        if self._weighted:
            learned = cross_entropies.detach().neg().exp() * cross_entropies
        near, far = (student, teacher) if self._direction == FORWARD else (teacher, student)
        divergence = functional.kl_div(near, far, reduction="sum", log_target=True)
        return learned.sum() + self.strength * divergence, cross_entropies.detach().sum()


@register("kl")
@dataclass(frozen=True)
class Kl(Method):
    """The model's predictions on the domain's text are held to the base's.

    Σ_t CE_t + λ KL(p_base(·|x_<t) ‖ p_θ(·|x_<t)) over the scored targets. The base is the model with its adapter switched
    off: no second one in memory. Full fine-tuning keeps a second copy, of the model as the phase starts.
    """

    paper = "the anchor of arXiv 2509.23753; distillation as in arXiv 1606.09282"
    forms = (OBJECTIVE,)

    direction: str = option(
        FORWARD, "forward is KL(base ‖ model), reverse KL(model ‖ base).", choices=(FORWARD, REVERSE)
    )

    def retain(self, start: PhaseStart) -> DivergenceFromTeacher:
        strength = start.settings.strength_or(self.strengths)
        return DivergenceFromTeacher(Teacher(start.model), strength, self.direction, weighted=False)

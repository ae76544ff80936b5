"""What holds a phase of training back, as the phase meets it."""

import contextlib

import torch
from torch import Tensor

from ballast.forward import scoring
from ballast.forward.batches import TokenBatch
from ballast.models import OpenedModel

OBJECTIVE = "objective"


class Retention:
    """The places where a method may act on a phase. As it stands it holds nothing back.

    Attributes:
        strength: λ, or None where there is none
        acts_on_step: whether it changes gradients or parameters around the optimizer's step; what acts through the
            objective alone leaves that step to the fused kernels
    """

    strength: float | None = None
    acts_on_step = False

    @property
    def acts_on_objective(self) -> bool:
        """Whether it trains on another objective than the cross entropy."""
        return type(self).objective is not Retention.objective

    def objective(self, opened: OpenedModel, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """What a micro-batch is trained on.

        Returns:
            (objective, task loss), 0-dim, both summed over the scored targets, in nats: the first is differentiated,
            the second is the cross entropy that the phase reports
        """
        loss = scoring.loss_sum(opened, batch)
        return loss, loss.detach()

    def around_backward(self) -> contextlib.AbstractContextManager[None]:
        """What surrounds the differentiation of the objective."""
        return contextlib.nullcontext()

    def add_gradient(self) -> Tensor | None:
        """Adds to every `.grad` before the gradient is clipped.

        Returns:
            ‖g‖₂ of all covered parameters with what was added, 0-dim fp32, where adding it told; else None
        """
        return None

    def proximal_step(self, learning_rate: float, gate: Tensor) -> None:
        """Moves the parameters after the optimizer has; does nothing where `gate` (0-dim int32) is not 0."""

    def value(self) -> Tensor:
        """The penalty as it stands: 0-dim, fp64. 0 for what acts through the objective."""
        return torch.zeros((), dtype=torch.float64)

"""The retention penalty λ Σ α Ω (θ − θ*)², as a gradient or as a proximal step."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ballast import kernels
from ballast.errors import InvalidInputError
from ballast.kernels import shards
from ballast.retention.retention import OBJECTIVE, Retention

GRADIENT = "gradient"
PROXIMAL = "proximal"

DEFAULT_STRENGTH: Mapping[str, float] = {PROXIMAL: 30.0, GRADIENT: 0.01, OBJECTIVE: 0.1}
"""λ by form: of a penalty on parameters for weights of mean 1, and of what joins the objective for each target. They are
not comparable: Adam's preconditioner distorts the gradient form and not the proximal one."""


class QuadraticPenalty(Retention):
    """λ Σ_i c_i Ω_i (θ_i − θ*_i)² over the covered parameters, with c one number for each tensor.

    Gradient form (arXiv 2501.13669): 2 λ c Ω (θ − θ*) joins the task's gradient before the clip norm is taken, as
    autograd on the written loss would have it. Proximal form: after the optimizer's step
    θ ← θ* + (θ − θ*) / (1 + 2 η_t λ c Ω), the penalty's proximal operator (Parikh & Boyd, Proximal Algorithms, 2014):
    stable for any λ.
    """

    acts_on_step = True

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        weights: Mapping[str, kernels.Held],
        coefficients: Mapping[str, float],
        reference: Mapping[str, Tensor],
        strength: float,
        form: str,
    ) -> None:
        """
        Args:
            parameters: θ by name, the live tensors
            weights: Ω by name, ≥ 0, fp32, bf16 or in 8 bits, of the parameter's shape, or 0-dim fp32 for one weight all
                over it
            coefficients: c by name: α times the scale that normalises
            reference: θ* by name, fp32 or bf16
            strength: λ ≥ 0
            form: "gradient" or "proximal"

        Raises:
            InvalidInputError: an unknown form or a negative λ.
        """
        if form not in (PROXIMAL, GRADIENT):
            raise InvalidInputError(f'expected form "proximal" or "gradient", found "{form}"')
        if not strength >= 0:
            raise InvalidInputError(f"expected lambda of at least 0, found {strength}")
        self.strength = strength
        self.form = form
        self.parameters = list(parameters.values())
        self._anchor = (
            [shards.like(reference[name], parameter) for name, parameter in parameters.items()],
            [shards.like(weights[name], parameter) for name, parameter in parameters.items()],
        )
        self._strengths = [strength * coefficients[name] for name in parameters]
        self._open = torch.zeros((), dtype=torch.int32, device=self.parameters[0].device)

    def add_gradient(self) -> Tensor | None:
        """Adds 2 λ c Ω (θ − θ*) to every `.grad`, and gives the norm of all. Does nothing in the proximal form or for a
        λ of 0."""
        if self.form != GRADIENT or self.strength == 0:
            return None
        gradients = [parameter.grad for parameter in self.parameters]
        return kernels.add_penalty_gradient(
            gradients, self.parameters, *self._anchor, strengths=self._strengths, gate=self._open
        )

    def proximal_step(self, learning_rate: float, gate: Tensor) -> None:
        """Pulls θ towards θ* with η_t = `learning_rate`. Does nothing in the gradient form or under a shut gate."""
        if self.form == PROXIMAL:
            kernels.proximal_step(
                self.parameters, *self._anchor, strengths=self._strengths, learning_rate=learning_rate, gate=gate
            )

    def adamw_step(
        self,
        exp_avgs: Sequence[Tensor],
        exp_avg_sqs: Sequence[Tensor],
        value: Tensor,
        omegas: Sequence[Tensor] | None = None,
        **settings: float | Tensor,
    ) -> None:
        """AdamW on every `.grad` with the penalty in its form, in one pass over memory.

        Args:
            exp_avgs, exp_avg_sqs: moments in the order of `parameters`, updated
            value: 0-dim fp64, becomes what `value()` would be after the step
            omegas: ω in the order of `parameters`, where the step is measured too
            settings: as in `kernels.adamw_penalty`
        """
        gradients = [parameter.grad for parameter in self.parameters]
        kernels.adamw_penalty(
            self.parameters, gradients, exp_avgs, exp_avg_sqs, *self._anchor,
            strengths=self._strengths, form=self.form, value=value, omegas=omegas, **settings,
        )  # fmt: skip

    @torch.no_grad()
    def value(self) -> Tensor:
        """λ Σ c Ω (θ − θ*)² as it stands: 0-dim, fp64, on the parameters' device."""
        return kernels.penalty(self.parameters, *self._anchor, strengths=self._strengths)

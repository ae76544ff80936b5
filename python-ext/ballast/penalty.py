"""The retention penalty λ Σ α Ω (θ − θ*)², as a gradient or as a proximal step."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ballast import kernels
from ballast.errors import InvalidInputError
from ballast.retention import OBJECTIVE, Retention

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
        weights: Mapping[str, Tensor],
        coefficients: Mapping[str, float],
        reference: Mapping[str, Tensor],
        strength: float,
        form: str,
    ) -> None:
        """
        Args:
            parameters: θ by name, the live tensors
            weights: Ω by name, ≥ 0, fp32, of the parameter's shape, or 0-dim for one weight all over it
            coefficients: c by name: α times the scale that normalises
            reference: θ* by name
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
        self._parameters = list(parameters.values())
        self._weights = [weights[name].to(parameter.device) for name, parameter in parameters.items()]
        self._coefficients = [coefficients[name] for name in parameters]
        self._reference = [reference[name].to(parameter.device) for name, parameter in parameters.items()]

    def add_gradient(self) -> None:
        """Adds 2 λ c Ω (θ − θ*) to every `.grad`. Does nothing in the proximal form."""
        if self.form == GRADIENT:
            kernels.add_penalty_gradient(
                [parameter.grad for parameter in self._parameters],
                self._parameters,
                self._reference,
                self._weights,
                scales=[2 * self.strength * coefficient for coefficient in self._coefficients],
            )

    def proximal_step(self, learning_rate: float, gate: Tensor) -> None:
        """Pulls θ towards θ* with η_t = `learning_rate`. Does nothing in the gradient form or under a shut gate."""
        if self.form == PROXIMAL:
            kernels.proximal_step(
                self._parameters,
                self._reference,
                self._weights,
                scales=[2 * learning_rate * self.strength * coefficient for coefficient in self._coefficients],
                gate=gate,
            )

    @torch.no_grad()
    def value(self) -> Tensor:
        """λ Σ c Ω (θ − θ*)² as it stands: 0-dim, fp64, on the parameters' device."""
        terms = [
            coefficient * ((parameter - reference).square_() * weight).sum(dtype=torch.float64)
            for parameter, reference, weight, coefficient in zip(
                self._parameters, self._reference, self._weights, self._coefficients, strict=True
            )
        ]
        return self.strength * torch.stack(terms).sum()

"""The path integral ω: what each parameter contributed to lowering the loss along the way."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ballast import kernels
from ballast.importance import Importance, finish_in_place
from ballast.measurement.path_meter import PathMeter


class PathIntegral(PathMeter):
    """Accumulates ω ← ω − g ⊙ d over optimizer steps, as in Synaptic Intelligence (arXiv 1703.04200) and
    arXiv 2501.13669.

    g is the gradient of the task loss: accumulated over micro-batches, before clipping, without any penalty.
    d = θ_{t+1} − θ_t is the move that was really made, with everything that shaped it. Both are fp32.
    With full-batch gradients Σω equals the loss gained, to first order.

    From a notebook, around any torch optimizer::

        path_integral = PathIntegral(model)
        for batch in batches:
            loss(model, batch).backward()
            with path_integral.around_step():
                clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
            optimizer.zero_grad()
        anchor = path_integral.anchor(model)

    Ballast's own phases let `kernels.adamw_path_integral`, or under a penalty `kernels.adamw_penalty`, do optimizer and ω in
    one pass instead.

    Attributes:
        parameters: θ by name, the live tensors; fp32
        start: θ⁰ by name, copies made now
        omega: ω by name, fp32, the shape of its parameter
    """

    def __init__(self, parameters: nn.Module | Mapping[str, Tensor]) -> None:
        """As `PathMeter`."""
        super().__init__(parameters)
        self.omega = {name: torch.zeros_like(parameter, requires_grad=False) for name, parameter in self.parameters.items()}

    def observe(
        self, before: Mapping[str, Tensor], gradients: Mapping[str, Tensor], gate: Tensor | None = None
    ) -> None:
        """Adds one step to ω.

        Args:
            before: θ_t by name; the live parameters are θ_{t+1}
            gradients: g by name; a parameter that is missing had none
            gate: 0-dim int32; where it is not 0, ω stays as it is
        """
        names = list(gradients)
        kernels.accumulate_path_integral(
            [self.omega[name] for name in names],
            [gradients[name] for name in names],
            [before[name] for name in names],
            [self.parameters[name] for name in names],
            gate=torch.zeros((), dtype=torch.int32) if gate is None else gate,
        )

    @contextmanager
    def around_step(
        self, gate: Tensor | None = None, clip: Tensor | None = None, gradients: Mapping[str, Tensor] | None = None
    ) -> Iterator[None]:
        """Takes g from `.grad` on entry and d from what happens to the parameters inside.

        Args:
            gate: as in `observe`
            clip: 0-dim: what `.grad` was multiplied by before entry, in a loop that clips too early
            gradients: g by name in place of `.grad`, from a batch that the step does not see: then ω is without bias
        """
        if gradients is None:
            gradients = {
                name: parameter.grad.detach().clone() if clip is None else parameter.grad.detach() / clip
                for name, parameter in self.parameters.items()
                if parameter.grad is not None
            }
        before = {name: self.parameters[name].detach().clone() for name in gradients}
        yield
        self.observe(before, gradients, gate)

    def tensors(self) -> dict[str, Tensor]:
        return {f"omega.{name}": omega for name, omega in self.omega.items()}

    def finish(self, xi: float, relative: bool) -> Importance:
        """As `importance.finish_importance`, of the parameters as they are now: ω becomes Ω."""
        here = {name: parameter.detach() for name, parameter in self.parameters.items()}
        return finish_in_place(self.omega, self.start, here, xi, relative)

"""The path integral ω: what each parameter contributed to lowering the loss along the way."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ballast import defaults, kernels
from ballast.anchor import Anchor
from ballast.errors import DivergedError, InvalidInputError
from ballast.importance import finish_importance
from ballast.layers import check_float32, covered_parameters


class PathIntegral:
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

    Ballast's own phases let `kernels.adamw_path_integral` do optimizer and ω in one pass instead.

    Attributes:
        parameters: θ by name, the live tensors; fp32
        start: θ⁰ by name, copies made now
        omega: ω by name, fp32, the shape of its parameter
    """

    def __init__(self, parameters: nn.Module | Mapping[str, Tensor]) -> None:
        """
        Args:
            parameters: θ by name, fp32, or a model whose trainable parameters are meant

        Raises:
            InvalidInputError: nothing is trainable, or not in fp32.
        """
        if isinstance(parameters, nn.Module):
            parameters = covered_parameters(parameters)
        check_float32(parameters)
        self.parameters = dict(parameters)
        self.start = {name: parameter.detach().clone() for name, parameter in parameters.items()}
        self.omega = {name: torch.zeros_like(parameter, requires_grad=False) for name, parameter in parameters.items()}

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
    def around_step(self, gate: Tensor | None = None, clip: Tensor | None = None) -> Iterator[None]:
        """Takes g from `.grad` on entry and d from what happens to the parameters inside.

        Args:
            gate: as in `observe`
            clip: 0-dim: what `.grad` was multiplied by before entry, in a loop that clips too early
        """
        gradients = {
            name: parameter.grad.detach().clone() if clip is None else parameter.grad.detach() / clip
            for name, parameter in self.parameters.items()
            if parameter.grad is not None
        }
        before = {name: self.parameters[name].detach().clone() for name in gradients}
        yield
        self.observe(before, gradients, gate)

    def anchor(
        self,
        model: nn.Module,
        xi: float = defaults.XI,
        relative: bool = defaults.XI_IS_RELATIVE,
        reference: str = defaults.REFERENCE,
        layer_coefficients: str = defaults.LAYER_COEFFICIENTS,
        layers: str = defaults.LAYERS,
        normalize: str = defaults.NORMALIZE,
    ) -> Anchor:
        """What a later phase needs, to be made when the last step is done.

        Args:
            model: whose parameters these are
            xi: the damping ξ
            relative: whether `xi` multiplies the median squared move
            reference: "end": θ* is where the parameters are now. "start": θ* is where they were when this path integral
                was made, which then only measured: they are put back there
            layer_coefficients: as in `importance.layer_coefficients`
            layers: "block" or "parameter"
            normalize: "mean" or "none"

        Raises:
            InvalidInputError: an unknown setting, or nothing to measure (no parameter moved).
            DivergedError: a gradient or a move was not finite.
        """
        if reference not in ("end", "start"):
            raise InvalidInputError(f'expected reference "end" or "start", found "{reference}"')
        here = {name: parameter.detach() for name, parameter in self.parameters.items()}
        measured = finish_importance(self.omega, self.start, here, xi, relative)
        if not math.isfinite(measured.sum_omega):
            raise DivergedError(
                f"expected finite gradients and moves along the way, found a path integral of {measured.sum_omega}: "
                "lower the learning rate or look at the data"
            )
        if reference == "start":
            kept = self.start
            for name, value in kept.items():
                here[name].copy_(value)
        else:
            kept = {name: value.clone() for name, value in here.items()}
        return Anchor.of(model, measured, kept, reference == "start", layer_coefficients, layers, normalize)

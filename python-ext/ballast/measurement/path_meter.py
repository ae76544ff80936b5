"""What measures importance along the way of a training shares: it watches steps, and makes an anchor at the end."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from torch import Tensor, nn

from ballast import defaults
from ballast.anchors import Anchor
from ballast.errors import DivergedError, InvalidInputError
from ballast.importance import Importance
from ballast.models.layers import check_float32, covered_parameters


class PathMeter(ABC):
    """Measures importance around optimizer steps.

    Attributes:
        parameters: θ by name, the live tensors
        start: θ⁰ by name, copies made when it began
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
        self.parameters: Mapping[str, Tensor] = dict(parameters)
        self.start: Mapping[str, Tensor] = {name: each.detach().clone() for name, each in parameters.items()}

    @abstractmethod
    def around_step(self, gate: Tensor | None = None) -> AbstractContextManager[None]:
        """Around one optimizer step, entered with the task's whole gradient.

        Args:
            gate: 0-dim int32; where it is not 0 afterwards, nothing is measured
        """

    @abstractmethod
    def finish(self, xi: float, relative: bool) -> Importance:
        """Ω of what was measured, the parameters being where they are now. Once only.

        Args:
            xi: the damping ξ, > 0
            relative: whether `xi` multiplies the median of what it is added to

        Raises:
            InvalidInputError: ξ is not positive, or nothing moved.
        """

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """What it gathered so far beside `start`, by name: the live tensors, between two steps."""

    def numbers(self) -> dict[str, float]:
        """What it counts from step to step, by name."""
        return {}

    def set_numbers(self, numbers: Mapping[str, float]) -> None:
        """Puts back what `numbers` gave."""

    def deaf(self) -> AbstractContextManager[None]:
        """Inside, backward passes are none of its business, where it listens to them and does not read `.grad`."""
        return nullcontext()

    def forget(self) -> None:
        """Drops what it heard since the last step, which will be computed again."""

    def stop(self) -> None:
        """Watches no longer. May be called again."""

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
        """What a later phase needs, to be made when the last step is done. Once only.

        Args:
            model: whose parameters these are
            xi: the damping ξ
            relative: whether `xi` multiplies the median squared move
            reference: "end": θ* is where the parameters are now. "start": θ* is where they were when this was made, which
                then only measured: they are put back there
            layer_coefficients: as in `importance.layer_coefficients`
            layers: "block" or "parameter"
            normalize: "mean" or "none"

        Raises:
            InvalidInputError: an unknown setting, or nothing to measure (no parameter moved).
            DivergedError: a gradient or a move was not finite.
        """
        if reference not in ("end", "start"):
            raise InvalidInputError(f'expected reference "end" or "start", found "{reference}"')
        measured = self.finish(xi, relative)
        if measured.sum_omega is not None and not math.isfinite(measured.sum_omega):
            raise DivergedError(
                f"expected finite gradients and moves along the way, found a path integral of {measured.sum_omega}: "
                "lower the learning rate or look at the data"
            )
        here = {name: parameter.detach() for name, parameter in self.parameters.items()}
        if reference == "start":
            kept = self.start
            for name, value in kept.items():
                here[name].copy_(value)
        else:
            kept = {name: value.clone() for name, value in here.items()}
        return Anchor.of(model, measured, kept, reference == "start", layer_coefficients, layers, normalize)

"""Importance along a path whose length is measured by how much the predictions change."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ballast.importance import RIEMANNIAN_WALK, Importance, median_square, median_squared_move, nothing_moved
from ballast.measurement.path_meter import PathMeter

INTERVAL = 10
"""Optimizer steps of an interval Δt, as in the authors' code (facebookresearch/agem)."""
NEWEST = 0.9
"""Weight of an interval's Fisher information in the running one, as there."""


class RiemannianWalk(PathMeter):
    """Ω = F / max F + s / max s, of Riemannian walk (Chaudhry et al. 2018, arXiv 1801.10112).

    In intervals of `INTERVAL` steps: ω gathers −g ⊙ d as `PathIntegral` does, and F ← 0.9 ḡ² + 0.1 F is the running
    Fisher information, ḡ² the mean of the squared gradients of its batches. At the end of an interval the loss gained is
    set against the distance between the predictions, ½ F Δ², which is their Kullback-Leibler divergence to second order::

        s ← s + max(ω, 0) / (½ F Δ² + ε)

    ε is the median distance of that interval, as a relative ξ of 1 is for the path integral; an interval in which nothing
    moved gained nothing. Seven numbers are held for each parameter.

    Attributes:
        parameters: θ by name, the live tensors; fp32
        start: θ⁰ by name, copies made now
        score: s by name
        fisher: F by name
    """

    def __init__(self, parameters: nn.Module | Mapping[str, Tensor]) -> None:
        """As `PathMeter`."""
        super().__init__(parameters)
        self.score = self._zeros()
        self.fisher = self._zeros()
        self._intervals = 0
        self._sum_omega = 0.0
        self._begin_interval()

    @contextmanager
    def around_step(self, gate: Tensor | None = None) -> Iterator[None]:
        gradients = {
            name: parameter.grad.detach().clone()
            for name, parameter in self.parameters.items()
            if parameter.grad is not None
        }
        before = {name: self.parameters[name].detach().clone() for name in gradients}
        yield
        with torch.no_grad():
            for name, gradient in gradients.items():
                if gate is not None:
                    gradient.masked_fill_(gate != 0, 0.0)
                self._omega[name] -= gradient * (self.parameters[name] - before[name])
                self._squares[name].addcmul_(gradient, gradient)
        self._steps += 1
        if self._steps == INTERVAL:
            self._end_interval()

    def tensors(self) -> dict[str, Tensor]:
        parts = {
            "score": self.score,
            "fisher": self.fisher,
            "omega": self._omega,
            "squares": self._squares,
            "from": self._from,
        }
        return {f"{part}.{name}": each for part, of in parts.items() for name, each in of.items()}

    def numbers(self) -> dict[str, float]:
        return {"steps": self._steps, "intervals": self._intervals, "sum_omega": self._sum_omega}

    def set_numbers(self, numbers: Mapping[str, float]) -> None:
        self._steps, self._intervals = numbers["steps"], numbers["intervals"]
        self._sum_omega = numbers["sum_omega"]

    @torch.no_grad()
    def finish(self, xi: float, relative: bool) -> Importance:
        """As `PathMeter.finish`; ξ says nothing here, each interval having had its ε when it ended."""
        if self._steps:
            self._end_interval()
        if median_squared_move(self.start, self.parameters) == 0:
            raise nothing_moved()
        values = {}
        most_score, most_fisher = (max(float(t.max()) for t in of.values()) for of in (self.score, self.fisher))
        for name in self.parameters:
            values[name] = self.fisher[name] / max(most_fisher, torch.finfo(torch.float32).tiny)
            values[name] += self.score[name] / max(most_score, torch.finfo(torch.float32).tiny)
        return Importance(values, RIEMANNIAN_WALK, self._sum_omega)

    @torch.no_grad()
    def _end_interval(self) -> None:
        newest = NEWEST if self._intervals else 1.0
        for name, fisher in self.fisher.items():
            fisher.mul_(1 - newest).add_(self._squares[name], alpha=newest / self._steps)
        # √(F/2) Δ, whose square is the distance.
        epsilon = median_square(lambda: (self._root(name) for name in self.parameters))
        for name, score in self.score.items() if epsilon > 0 else ():
            score += self._omega[name].clamp(min=0).div_(self._root(name).square_().add_(epsilon))
        self._sum_omega += sum(float(omega.sum(dtype=torch.float64)) for omega in self._omega.values())
        self._intervals += 1
        self._begin_interval()

    def _begin_interval(self) -> None:
        self._steps = 0
        self._from = self._copies()
        self._omega = self._zeros()
        self._squares = self._zeros()

    def _root(self, name: str) -> Tensor:
        moved = self.parameters[name].detach() - self._from[name]
        return (self.fisher[name] / 2).sqrt_().mul_(moved)

    def _copies(self) -> dict[str, Tensor]:
        return {name: parameter.detach().clone() for name, parameter in self.parameters.items()}

    def _zeros(self) -> dict[str, Tensor]:
        return {name: torch.zeros_like(parameter, requires_grad=False) for name, parameter in self.parameters.items()}

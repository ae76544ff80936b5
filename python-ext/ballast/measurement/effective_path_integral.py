"""The path integral of a LoRA adapter in the space of its effective change s B A, without ever making it whole."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ballast import kernels
from ballast.adapters.adapted import TILE, AdaptedMatrix, LowRank, adapted_matrices, tiles
from ballast.importance import Importance, absolute_xi, path_integral_importance
from ballast.measurement.path_meter import PathMeter
from ballast.measurement.sample_gradients import is_recomputing


class OuterProducts:
    """A gradient ∂L/∂W = Σ_t δ_t x_tᵀ, of which only tiles are computed, as W is stored.

    It is kept as the inputs and output gradients it is made of while those are smaller than the matrix; with more
    tokens than that they are folded into the matrix. So it never takes more than the gradient itself would.
    """

    def __init__(self, transposed: bool) -> None:
        """
        Args:
            transposed: whether W is stored [in, out]
        """
        self._transposed = transposed
        self._pairs: list[tuple[Tensor, Tensor]] = []  # ([tokens, rows], [tokens, columns])
        self._folded: Tensor | None = None

    def add(self, output_gradients: Tensor, inputs: Tensor) -> None:
        """
        Args:
            output_gradients: δ [tokens, out]
            inputs: x [tokens, in]
        """
        self._pairs.append((inputs, output_gradients) if self._transposed else (output_gradients, inputs))
        rows, columns = self._pairs[0][0].shape[1], self._pairs[0][1].shape[1]
        if self._folded is not None or self._tokens() * (rows + columns) > rows * columns:
            whole = self.tile(slice(None))
            self._pairs, self._folded = [], whole

    def tile(self, part: slice) -> Tensor:
        """[rows in the part, columns], fp32."""
        made = [rows[:, part].float().T @ columns.float() for rows, columns in self._pairs]
        if self._folded is not None:
            made.append(self._folded[part])
        return sum(made[1:], made[0])

    def _tokens(self) -> int:
        return sum(len(rows) for rows, _ in self._pairs)


class EffectiveGradients:
    """∂L/∂W of frozen adapted matrices, by hooks on the modules: what comes in, and the gradient of what goes out.

    Autograd computes none of them: a frozen W has no `.grad`. Calls add up, so several micro-batches make one step.

    Attributes:
        listening: whether backward passes are collected
    """

    def __init__(self, matrices: Sequence[AdaptedMatrix]) -> None:
        self.listening = True
        self._collected: dict[str, OuterProducts] = {}
        self._hooks = [matrix.module.register_forward_hook(self._watch(matrix)) for matrix in matrices]

    def of(self, matrix: AdaptedMatrix) -> OuterProducts | None:
        """What has been collected of a matrix; None where no gradient reached it."""
        return self._collected.get(matrix.name)

    def clear(self) -> None:
        """Begins a new step."""
        self._collected.clear()

    def remove(self) -> None:
        """Takes the hooks away, and forgets what was collected. May be called again."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        self.clear()

    def _watch(self, matrix: AdaptedMatrix):
        def called(_module: nn.Module, arguments: tuple, output: Tensor) -> None:
            if not output.requires_grad or is_recomputing():
                return
            inputs = arguments[0].detach().flatten(0, -2)

            def arrived(gradient: Tensor) -> None:
                if not self.listening:
                    return
                product = self._collected.setdefault(matrix.name, OuterProducts(matrix.transposed))
                with torch.no_grad():
                    product.add(gradient.detach().flatten(0, -2), inputs)

            output.register_hook(arrived)

        return called


class EffectivePathIntegral(PathMeter):
    """Accumulates ω_W ← ω_W − (∂L/∂W) ⊙ s(B′A′ − BA) over optimizer steps: `PathIntegral` (arXiv 1703.04200,
    arXiv 2501.13669) of what the adapter does to each matrix, not of its factors.

    The gradient is the task's: over all micro-batches of a step, before clipping, without a penalty's part. The move is
    the one that was made. Beside ω, which becomes Ω in place, a d_out × d_in matrix is held only where a step has so
    many tokens that their inputs and gradients would take more (`OuterProducts`).

    From a notebook, around any torch optimizer::

        path_integral = EffectivePathIntegral(peft_model)
        for batch in batches:
            loss(peft_model, batch).backward()
            with path_integral.around_step():
                optimizer.step()
            optimizer.zero_grad()
        anchor = path_integral.anchor(peft_model)

    Attributes:
        parameters: A and B by parameter name, live
        start: A and B at the start, copies
        omega: ω_W by the base weight's name, fp32, as the weight is stored
    """

    def __init__(self, model: nn.Module, tile: int = TILE) -> None:
        """
        Args:
            model: a PEFT model with a LoRA adapter on linear modules
            tile: numbers of a matrix held at once

        Raises:
            InvalidInputError: another model.
        """
        self._matrices = adapted_matrices(model)
        self._tile = tile
        self._gradients = EffectiveGradients(self._matrices)
        super().__init__(model)
        self._start = self._factors()
        self.omega = {
            matrix.name: torch.zeros(matrix.shape, dtype=torch.float32, device=matrix.b.device)
            for matrix in self._matrices
        }

    @contextmanager
    def around_step(self, gate: Tensor | None = None) -> Iterator[None]:
        """Takes the gradient that the backward passes since the last step brought, and the move that happens inside.

        Args:
            gate: 0-dim int32; where it is not 0 afterwards, ω stays as it is
        """
        before = self._factors()
        yield
        with torch.no_grad():
            for matrix, factors in zip(self._matrices, before, strict=True):
                if (gradient := self._gradients.of(matrix)) is not None:
                    self._observe(matrix, gradient, matrix.move(*factors), gate)
        self._gradients.clear()

    @contextmanager
    def deaf(self) -> Iterator[None]:
        self._gradients.listening = False
        try:
            yield
        finally:
            self._gradients.listening = True

    def forget(self) -> None:
        self._gradients.clear()

    def stop(self) -> None:
        """Takes the hooks off the model. May be called again."""
        self._gradients.remove()

    def tensors(self) -> dict[str, Tensor]:
        return {f"omega.{name}": omega for name, omega in self.omega.items()}

    @torch.no_grad()
    def finish(self, xi: float, relative: bool) -> Importance:
        """Ω_W = max(ω_W, 0) / (Δ_W² + ξ) with Δ_W = s(BA − B⁰A⁰), made in place of ω. Once only.

        Args:
            xi: the damping ξ, > 0
            relative: whether `xi` multiplies the median Δ_W² of the elements that moved

        Raises:
            InvalidInputError: ξ is not positive, or nothing moved.
        """
        self.stop()
        xi = absolute_xi(xi, relative, self._moves)
        names, sums = [], []
        for (name, omega), move in zip(self._omega_tiles(), self._moves(), strict=True):
            names.append(name)
            sums.append(kernels.finish_importance([omega], None, [move], xi=xi))
        return path_integral_importance(self.omega, names, torch.cat(sums), xi)

    def _observe(self, matrix: AdaptedMatrix, gradient: OuterProducts, move: LowRank, gate: Tensor | None) -> None:
        omega = self.omega[matrix.name]
        for part in tiles(omega, self._tile):
            gained = gradient.tile(part).mul_(move.tile(part))
            omega[part] -= gained if gate is None else gained.masked_fill_(gate != 0, 0.0)

    def _factors(self) -> list[tuple[Tensor, Tensor]]:
        """Copies of (B, A) of every matrix."""
        return [(matrix.b.detach().clone(), matrix.a.detach().clone()) for matrix in self._matrices]

    def _omega_tiles(self) -> Iterator[tuple[str, Tensor]]:
        return ((name, omega[part]) for name, omega in self.omega.items() for part in tiles(omega, self._tile))

    def _moves(self) -> Iterator[Tensor]:
        """Δ_W in the tiles of `_omega_tiles`."""
        for matrix, start in zip(self._matrices, self._start, strict=True):
            move = matrix.move(*start)
            yield from (move.tile(part) for part in tiles(self.omega[matrix.name], self._tile))

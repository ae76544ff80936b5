"""One phase of training."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ballast import methods, ranks
from ballast.adapters.adapted import EFFECTIVE
from ballast.anchors import Anchor
from ballast.errors import DivergedError, InvalidInputError
from ballast.importance import PATH_INTEGRAL, RIEMANNIAN_WALK
from ballast.measurement.effective_path_integral import EffectivePathIntegral
from ballast.measurement.path_integral import PathIntegral
from ballast.measurement.path_meter import PathMeter
from ballast.measurement.riemannian_walk import RiemannianWalk
from ballast.methods import PhaseStart
from ballast.models.layers import check_float32, covered_parameters
from ballast.retention import Retention
from ballast.retention.penalty import QuadraticPenalty
from ballast.settings import PhaseSettings
from ballast.training.optim import (
    FusedAdamW,
    Gate,
    Optimizer,
    PathIntegralAdamW,
    PenaltyAdamW,
    all_gradients,
    clip_factor,
    learning_rate,
)
from ballast.training.pass_mark import PassMark


class TrainingPhase:
    """Trains a model's covered parameters: general phase, domain phase, or plain fine-tuning.

    For each optimizer step: `backward(loss)` for every micro-batch, then `step()`. Nothing is read back from the device
    until `progress()` or `end()`. A loss or gradient that is not finite shuts a gate on the device: that step and all
    later ones change neither parameters nor moments nor ω, so what remains is the last finite model. One thread at a
    time may call.
    """

    def __init__(
        self,
        model: nn.Module,
        settings: PhaseSettings,
        anchor: Anchor | None = None,
        former: Sequence[Mapping[str, Tensor]] = (),
    ) -> None:
        """Begins the phase: seeds torch, drops gradients left over, puts the model in training mode.

        Args:
            model: fp32 where it is trainable, on one device; trained in place
            settings: all of them
            anchor: what to remember, for methods that want it
            former: adapters trained before, as `PhaseStart.former`

        Raises:
            InvalidInputError: nothing is trainable, trainable parameters are not fp32, an unknown setting, or an anchor
                that is missing or of another model.
        """
        self.model = model
        self.settings = settings
        self.parameters = covered_parameters(model)
        check_float32(self.parameters)
        self.device = next(iter(self.parameters.values())).device
        self.retention = methods.retain(PhaseStart(model, self.parameters, anchor, settings, former))
        self._meter = self._make_meter()
        self._optimizer: Optimizer | None = self._make_optimizer()
        self._measured: dict[str, Tensor] = {}  # Gradients of batches of their own, of the step under way.
        self._gate = Gate(self.device)
        self._learning_rate = self._scheduled(0)
        self._gradient_norm = torch.zeros((), device=self.device)
        self._loss_sum = torch.zeros((), device=self.device)  # Since the last progress().
        self._steps_at_last_progress = 0
        self._steps = 0
        self._micro_batches = 0  # Of the step under way.
        self._before_pass: PassMark | None = None
        self._ended = False
        torch.manual_seed(settings.seed + ranks.rank())  # Other rows, so other dropout.
        self._drop_gradients()
        model.train()

    def backward(self, objective: Tensor, loss: Tensor | None = None) -> None:
        """Adds one micro-batch's gradient to `.grad`.

        Args:
            objective: 0-dim: Σ over this micro-batch / targets of the whole step, so that the micro-batches of a step
                add up to the loss and the gradient of one large batch
            loss: 0-dim: the task's loss, to be reported, where the objective is another
        """
        self._check_running()
        self._micro_batches += 1
        self._gate.watch(objective.detach().to(self.device), self._steps + 1, self._micro_batches)
        self._loss_sum += (objective if loss is None else loss).detach().to(self.device)
        unheard = self._meter.deaf() if self.settings.independent_gradient else contextlib.nullcontext()
        with self.retention.around_backward(), unheard:
            objective.backward()

    def begin_pass(self) -> None:
        """Before a pass over the micro-batches of a step that may run out of memory: keeps what `undo_pass` puts back."""
        live = (self._loss_sum, *self._gate.tensors().values())
        self._before_pass = PassMark(self.device, self._micro_batches, live)

    def undo_pass(self) -> None:
        """Leaves no trace of the micro-batches since `begin_pass`: the pass can be made again, with others of the same
        rows. Gradients of the pass before it, which the step takes, stay."""
        self._before_pass.put_back()
        self._micro_batches = self._before_pass.micro_batches
        self._measured = {}
        if self._meter is not None:
            self._meter.forget()
        if self._micro_batches == 0:
            self._drop_gradients()

    def measure(self, loss: Tensor) -> None:
        """One micro-batch for the path integral alone: with `independent_gradient`, before `step()`.

        The step's own gradient and its move share a batch, which biases ω upwards: a batch's noise always seems to have
        lowered that batch's loss. The gradient of another batch at the same parameters does not.

        Args:
            loss: as `objective` of `backward`, of rows that the step does not see
        """
        self._check_running()
        if not self.settings.independent_gradient:
            raise RuntimeError("expected a phase with independent_gradient, found one without")
        of_the_step = {name: parameter.grad for name, parameter in self.parameters.items()}
        self._drop_gradients()
        self._gate.watch(loss.detach().to(self.device), self._steps + 1, self._micro_batches)
        try:
            loss.backward()
            for name, parameter in self.parameters.items():
                if parameter.grad is not None:
                    measured = self._measured.get(name)
                    self._measured[name] = parameter.grad if measured is None else measured.add_(parameter.grad)
        finally:  # Where memory ran out too.
            for name, parameter in self.parameters.items():
                parameter.grad = of_the_step[name]

    def step(self) -> None:
        """One optimizer step on what `backward` accumulated: penalty, clipping, AdamW, path integral, proximal step."""
        self._check_running()
        if self._micro_batches == 0:
            raise RuntimeError("expected backward() before step(), found no micro-batch in this step")
        all_gradients(self.parameters.values())
        self._learning_rate = self._scheduled(self._steps)
        with self._observed():
            self._gradient_norm = self._optimizer.gradient_norm()
            self._gate.watch(self._gradient_norm, self._steps + 1, self._micro_batches)
            self._gate.agree()
            clip = clip_factor(self._gradient_norm, self.settings.clip_norm)
            self._optimizer.step(self._learning_rate, clip, self._gate.step)
        self._steps += 1
        self._micro_batches = 0
        self._drop_gradients()

    def progress(self) -> dict[str, Any]:
        """How far the phase is. Reads from the device, once.

        Returns:
            "step": optimizer steps made; "loss": mean of the steps' task losses since the last call, NaN if there was
            none; "learningRate" and "gradientNorm" of the last step (before clipping; with the penalty's gradient where
            both are clipped); "penalty": its value now, 0 without one; "nonFiniteStep": the first step (from 1) with a
            loss or gradient that is not finite, else 0; "nonFiniteMicroBatch": the micro-batch of it (from 1) after
            which that was seen
        """
        penalty = self.retention.value() if self._optimizer is None else self._optimizer.penalty()
        on_device = (ranks.total(self._loss_sum), self._gradient_norm, penalty, self._gate.step, self._gate.micro_batch)
        loss_sum, gradient_norm, penalty, bad_step, bad_micro_batch = torch.stack(
            [value.to(self.device, torch.float64) for value in on_device]
        ).tolist()
        steps = self._steps - self._steps_at_last_progress
        self._loss_sum.zero_()
        self._steps_at_last_progress = self._steps
        return {
            "step": self._steps,
            "loss": loss_sum / steps if steps else float("nan"),
            "learningRate": self._learning_rate,
            "gradientNorm": gradient_norm,
            "penalty": penalty,
            "nonFiniteStep": int(bad_step),
            "nonFiniteMicroBatch": int(bad_micro_batch),
        }

    def end(self) -> dict[str, Any]:
        """Frees the optimizer's state, the gradients and the penalty, and leaves the model in evaluation mode.

        ω stays for `finish_importance`. May be called again.

        Returns:
            "steps": optimizer steps made; "method"; "lambda": the strength used, None where the method has no penalty
        """
        if not self._ended:
            self._ended = True
            self._strength = self.retention.strength
            self._optimizer = None
            self.retention = Retention()
            if self._meter is not None:
                self._meter.stop()
            self._drop_gradients()
            self.model.eval()
        return {"steps": self._steps, "method": self.settings.method, "lambda": self._strength}

    def finish_importance(self, *settings: Any, **named: Any) -> Anchor:
        """Makes the anchor out of an ended phase that measured importance, and frees ω. Once only.

        Args:
            settings, named: what `PathMeter.anchor` takes after the model

        Raises:
            InvalidInputError: as `PathMeter.anchor`.
            DivergedError: the phase met a value that is not finite, so its ω ends before its last step.
        """
        anchor = self._finished_meter().anchor(self.model, *settings, **named)
        self._meter = None
        return anchor

    def tensors(self) -> dict[str, Tensor]:
        """What changes from step to step beside the parameters, by name: the live tensors, between two steps."""
        own = {
            "gradient_norm": self._gradient_norm,
            "loss_sum": self._loss_sum,
        } | self._gate.tensors()
        parts = {"optimizer": self._optimizer, "meter": self._meter}
        return own | {
            f"{part}.{name}": tensor
            for part, of in parts.items()
            if of is not None
            for name, tensor in of.tensors().items()
        }

    @contextmanager
    def summed(self) -> Iterator[None]:
        """Inside, every rank holds the sums of all in `tensors`; afterwards the first rank does, and the others none."""
        ranks.total(self._loss_sum)
        yield
        if not ranks.is_first():
            self._loss_sum.zero_()

    def numbers(self) -> dict[str, float]:
        """What the host counts from step to step, by name."""
        own = {
            "steps": self._steps,
            "steps_at_last_progress": self._steps_at_last_progress,
            "learning_rate": self._learning_rate,
        }
        meter = {} if self._meter is None else self._meter.numbers()
        return own | self._optimizer.numbers() | {f"meter.{name}": number for name, number in meter.items()}

    def set_numbers(self, numbers: Mapping[str, float]) -> None:
        """Puts back what `numbers` gave."""
        self._steps = numbers["steps"]
        self._steps_at_last_progress = numbers["steps_at_last_progress"]
        self._learning_rate = numbers["learning_rate"]
        self._optimizer.set_numbers(numbers)
        if self._meter is not None:
            prefix = "meter."
            own = {name.removeprefix(prefix): each for name, each in numbers.items() if name.startswith(prefix)}
            self._meter.set_numbers(own)

    def _make_meter(self) -> PathMeter | None:
        wanted, effective = self.settings.importance, self.settings.space == EFFECTIVE
        if self.settings.independent_gradient and wanted != PATH_INTEGRAL:
            raise InvalidInputError(
                'importance.gradient: expected "same" for what this method measures, found "independent", which only the '
                "path integral has (rwalk sets it against the Fisher information of the same gradients); leave the key out"
            )
        if wanted == RIEMANNIAN_WALK:
            return RiemannianWalk(self.parameters)
        if wanted == PATH_INTEGRAL:
            return EffectivePathIntegral(self.model) if effective else PathIntegral(self.parameters)
        return None

    def _make_optimizer(self) -> Optimizer:
        """One pass for AdamW and all that goes with its step, but where a clip factor hangs on the penalty's gradient or
        something else acts on the step. A λ of 0 is no method, to the bit."""
        retention, settings = self.retention, self.settings
        same_gradient = isinstance(self._meter, PathIntegral) and not settings.independent_gradient
        measured = self._meter if same_gradient else None
        penalty = retention if isinstance(retention, QuadraticPenalty) else None
        if penalty is not None and penalty.strength > 0:
            if PenaltyAdamW.serves(penalty.form, settings.clip_norm):
                return PenaltyAdamW(penalty, settings.weight_decay, measured)
        elif measured is not None and (penalty is not None or not retention.acts_on_step):
            return PathIntegralAdamW(measured, settings.weight_decay)
        return FusedAdamW(self.parameters, settings.weight_decay, retention)

    def _observed(self) -> contextlib.AbstractContextManager[None]:
        """Measures ω around the whole step where the optimizer does not: g without the penalty, d with it."""
        if self.settings.independent_gradient and isinstance(self._meter, PathIntegral):
            measured, self._measured = self._measured, {}
            return self._meter.around_step(self._gate.step, gradients=measured)
        if self._meter is not None and not self._optimizer.takes_path_integral:
            return self._meter.around_step(self._gate.step)
        return contextlib.nullcontext()

    def _drop_gradients(self) -> None:
        for parameter in self.parameters.values():
            parameter.grad = None

    def _scheduled(self, step: int) -> float:
        settings = self.settings
        return learning_rate(settings.schedule, settings.learning_rate, settings.warmup_steps, settings.steps, step)

    def _finished_meter(self) -> PathMeter:
        if not self._ended:
            raise RuntimeError("expected end() before finish_importance(), found a phase that still runs")
        if self._meter is None:
            raise RuntimeError("expected a phase that measured importance and has not been finished, found none")
        if bad_step := int(self._gate.step):
            raise DivergedError(
                f"expected finite losses and gradients in the general phase, found one that is not at step {bad_step}, "
                f"micro-batch {int(self._gate.micro_batch)}: lower general.learningRate or look at that batch"
            )
        return self._meter

    def _check_running(self) -> None:
        if self._ended:
            raise RuntimeError("expected a phase that runs, found one that has ended: begin a new one")

"""Ballast in Hugging Face's `Trainer`, and in what derives from it, as TRL's `SFTTrainer`."""

import inspect
import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import torch
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType
from torch import Tensor, nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ballast.anchors import Anchor, provenance
from ballast.anchors.checks import check_base_model
from ballast.errors import InvalidInputError
from ballast.integrations.retention_penalty import RetentionPenalty
from ballast.measurement.path_integral import PathIntegral
from ballast.models.layers import covered_parameters
from ballast.retention.penalty import PROXIMAL

logger = logging.getLogger(__name__)


class BallastCallback(TrainerCallback):
    """Measures importance along a training, or holds a training back by what was measured: see `docs/python.md`.

    What transformers 5.23 does in a step, and what joins it here::

        on_step_begin            gradient form: 2 λ α Ω (θ − θ*) is put where the task's gradient will be added
        forward, backward        for each micro-batch
        clipping                 of both together, as autograd on the written loss would have it
        on_pre_optimizer_step    measuring: g = clipped gradient / clip factor, and θ_t
        optimizer.step()
        on_optimizer_step        measuring: ω −= g ⊙ (θ_{t+1} − θ_t); proximal form: its step with this step's η
        scheduler, zero_grad

    For one process with one device, parameters in float32, with or without bfloat16 autocast; adapters of PEFT and
    gradient accumulation are fine.

    An anchor that is measured notes the hashes of base model and tokenizer where these were opened from a folder or from
    the hub's cache. With another base it is refused, here and by Java; but a model that stands exactly at θ*, all of it, is
    the anchor's wherever it was saved. The tokenizer is compared by Java alone: files that were saved again differ.

    Attributes:
        anchor: what was measured, once training has ended, or what was given
        path_integral: while measuring. An anchor with other settings can be made of it as long as there is none yet
        penalty: while training is held back
    """

    def __init__(
        self,
        measure: bool = False,
        anchor: Anchor | str | os.PathLike[str] | None = None,
        save_to: str | os.PathLike[str] | None = None,
        **settings: Any,
    ) -> None:
        """
        Args:
            measure: whether this training is measured, and not held back
            anchor: what to remember, or the folder of it, which is opened with the model that is to be trained
            save_to: folder for the anchor that is measured
            settings: with `measure` those of `PathIntegral.anchor` (xi, relative, reference, …), else those of
                `RetentionPenalty` (method, strength, form, options, …)

        Raises:
            InvalidInputError: both to measure and to hold back.
            TypeError: a setting that there is not.
        """
        if measure and anchor is not None:
            raise InvalidInputError(
                "expected measure=True or an anchor, found both: one training is measured, another one held back"
            )
        if save_to is not None and not measure:
            raise InvalidInputError(f"expected save_to together with measure=True, found {save_to} without")
        inspect.signature(PathIntegral.anchor if measure else RetentionPenalty).bind_partial(None, None, **settings)
        self.anchor = anchor
        self.path_integral: PathIntegral | None = None
        self.penalty: RetentionPenalty | None = None
        self._measure = measure
        self._save_to = save_to
        self._settings = settings
        self._provenance: dict[str, str] = {}
        self._clip: _ClipFactor | None = None
        self._step = ExitStack()

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        *,
        model: nn.Module,
        processing_class: Any = None,
        **_: Any,
    ) -> None:
        _check_accelerator(args)
        self._step = ExitStack()  # Whatever a training left that was broken off.
        self._stop_watching()
        if state.global_step > 0 and (self._measure or self.anchor is None):
            raise InvalidInputError(
                f"expected a training from its start, found one resumed at step {state.global_step}: a checkpoint "
                "holds neither path integral nor reference; train without resume_from_checkpoint, or give an anchor"
            )
        if self._measure:
            if args.load_best_model_at_end:
                raise InvalidInputError(
                    "expected a training that ends with its last step, found load_best_model_at_end: the path integral "
                    "leads to the last step; set it to False"
                )
            _rehearse(model, self._settings)
            self.anchor = None
            self._provenance = _provenance(model, processing_class)
            self.path_integral = PathIntegral(model)
            self._clip = _ClipFactor(self.path_integral.parameters)
        else:
            if isinstance(self.anchor, (str, os.PathLike)):
                self.anchor = Anchor.load(self.anchor, model)
            if self.anchor is not None:
                _check_base(self.anchor, model)
            self.penalty = RetentionPenalty(model, self.anchor, **self._settings)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.penalty is not None:
            self.penalty.add_gradient()

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self._clip is not None:
            self._step.enter_context(self.path_integral.around_step(clip=self._clip.of_this_step()))

    def on_optimizer_step(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        *,
        optimizer: torch.optim.Optimizer,
        **_: Any,
    ) -> None:
        self._step.close()
        if self.penalty is not None and self.penalty.form == PROXIMAL:
            self.penalty.proximal_step(_learning_rate(optimizer))

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, *, model: nn.Module, **_: Any
    ) -> None:
        if self._measure:
            self._stop_watching()
            self.anchor = replace(self.path_integral.anchor(model, **self._settings), provenance=self._provenance)
            self.path_integral = None
            if self._save_to is not None:
                self.anchor.save(self._save_to)
        self.penalty = None

    def _stop_watching(self) -> None:
        if self._clip is not None:
            self._clip.remove()
            self._clip = None


class _ClipFactor:
    """What clipping has multiplied the gradients by: ‖g‖ after it over ‖g‖ before.

    The Trainer hands over gradients that are clipped already, and neither their norm nor its accelerator. So the norms
    before are taken where autograd adds to `.grad`, after each micro-batch; the last one stands. This asks nothing of
    how clipping is done, but that it multiplies all gradients by one number; without clipping the factor is exactly 1.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self._parameters = parameters
        self._norms: dict[nn.Parameter, Tensor] = {}  # ‖g‖ by parameter, 0-dim, of the step under way.
        self._hooks = [each.register_post_accumulate_grad_hook(self._watch) for each in parameters.values()]

    def _watch(self, parameter: nn.Parameter) -> None:
        if parameter.grad is not None:
            self._norms[parameter] = torch.linalg.vector_norm(parameter.grad)

    def of_this_step(self) -> Tensor:
        """0-dim fp32; to be asked once a step, between clipping and the optimizer."""
        norms, self._norms = self._norms, {}
        gradients = [parameter.grad for parameter in norms]
        if not gradients or any(gradient is None for gradient in gradients):
            raise InvalidInputError(
                "expected gradients when the optimizer steps, found none: an optimizer that steps inside of backward "
                "(LOMO, layerwise GaLore) cannot be measured; choose another in TrainingArguments.optim"
            )
        before = torch.nn.utils.get_total_norm(list(norms.values()))
        after = torch.nn.utils.get_total_norm(gradients)
        return torch.where(before > 0, after / before, 1.0)

    def remove(self) -> None:
        for hook in self._hooks:
            hook.remove()


def _learning_rate(optimizer: torch.optim.Optimizer) -> float:
    rates = {float(group["lr"]) for group in optimizer.param_groups}
    if len(rates) > 1:
        raise InvalidInputError(
            f"expected one learning rate for the proximal form, found {sorted(rates)} in the optimizer's groups: use "
            'form="gradient"'
        )
    return rates.pop()


def _check_accelerator(args: TrainingArguments) -> None:
    accelerator = AcceleratorState()
    if accelerator.distributed_type is not DistributedType.NO or args.n_gpu > 1:
        raise InvalidInputError(
            f"expected one process with one device, found {accelerator.distributed_type.value} on "
            f"{max(args.n_gpu, accelerator.num_processes)}: with parameters or gradients spread out, Ballast would "
            "measure and hold only parts of them; set CUDA_VISIBLE_DEVICES to one, without FSDP or DeepSpeed"
        )
    if accelerator.mixed_precision not in ("no", "bf16"):
        raise InvalidInputError(
            f'expected mixed precision "no" or "bf16", found "{accelerator.mixed_precision}", which scales gradients '
            "and skips steps: set bf16=True in its place"
        )


def _provenance(model: nn.Module, tokenizer: Any) -> dict[str, str]:
    """The hashes that are known."""
    hashes = {provenance.BASE_MODEL: provenance.of_model(model), provenance.TOKENIZER: provenance.of_tokenizer(tokenizer)}
    if hashes[provenance.BASE_MODEL] is None:
        logger.warning(
            "the anchor will not say which base model it is of, and another one of the same shapes will not be noticed: "
            "the model was not opened from safetensors in a folder or in the hub's cache"
        )
    return {key: known for key, known in hashes.items() if known is not None}


def _check_base(anchor: Anchor, model: nn.Module) -> None:
    noted = anchor.provenance.get(provenance.BASE_MODEL)
    if noted is not None and not _stands_at_the_reference(anchor, model):
        check_base_model(noted, provenance.of_model(model))


def _stands_at_the_reference(anchor: Anchor, model: nn.Module) -> bool:
    parameters, reference = dict(model.named_parameters()), anchor.reference or {}
    return parameters.keys() == reference.keys() and all(
        torch.equal(parameter, reference[name].to(parameter)) for name, parameter in parameters.items()
    )


def _rehearse(model: nn.Module, settings: Mapping[str, Any]) -> None:
    """Makes an anchor of one number for each parameter, so that a wrong setting is refused before the training."""
    path_integral = PathIntegral({name: torch.zeros(1) for name in covered_parameters(model)})
    for number in path_integral.parameters.values():
        number += 1
    path_integral.observe(path_integral.start, {name: -torch.ones(1) for name in path_integral.parameters})
    path_integral.anchor(model, **settings)

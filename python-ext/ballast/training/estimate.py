"""How much memory a phase of training will hold, before a weight is loaded.

The phase itself takes two steps on tensors that have shapes and no data (torch's `FakeTensorMode`), while `LiveBytes`
adds up what lives. It needs a model's `config.json`, no weights, and as much memory as an empty process.
"""

import contextlib
import functools
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from ballast import adapters, memory, methods
from ballast.adapters import AdapterSettings
from ballast.adapters.adapted import EFFECTIVE, adapted_matrices, under_adapter
from ballast.anchors import Anchor
from ballast.errors import InvalidInputError
from ballast.forward import scoring
from ballast.forward.batches import TokenBatch
from ballast.importance import PATH_INTEGRAL, Importance, LayerWeights
from ballast.importance.storage import Float32, Sparse, Storage, storage_of
from ballast.measurement.path_meter import PathMeter
from ballast.methods.anchored import AnchoredMethod
from ballast.models import OpenedModel, checkpoint_gradients, checkpoints
from ballast.models.devices import choose_device, choose_dtype
from ballast.models.layers import blocks_path, covered_parameters
from ballast.settings import PhaseSettings
from ballast.training.live_bytes import LiveBytes
from ballast.training.optim import FusedAdamW, Optimizer, PenaltyAdamW
from ballast.training.training_phase import TrainingPhase

STEPS = 2
"""Where a step begins with less than the one before it left, the second one shows it."""

WEIGHTS, GRADIENTS, OPTIMIZER = "weights", "gradients", "optimizer"
IMPORTANCE, ANCHOR, ACTIVATIONS = "importance", "anchor", "activations"


@dataclass(frozen=True)
class PlannedPhase:
    """A phase as far as memory goes.

    Attributes:
        rows: of a micro-batch
        length: tokens of its longest row
        settings: of the phase; its anchor is left out
        packed: whether rows hold several documents, which a mask keeps apart
        accumulation: micro-batches of a step
        anchor: how Ω of the anchor is stored that there is meanwhile, whether the method wants it or not; None: there is
            none, or it is not counted
    """

    rows: int
    length: int
    settings: PhaseSettings
    packed: bool = False
    accumulation: int = 1
    anchor: Storage | None = None


@dataclass(frozen=True)
class PhaseMemory:
    """Bytes at the moment of a phase when most is held.

    Attributes:
        weights: all of the model's parameters and buffers
        gradients: what `.grad` holds then: each is there from the moment in which the backward pass has made it
        optimizer: AdamW's two moments of what is trained
        importance: ω and θ⁰ while importance is measured, and what of g and θ is kept to measure a step
        anchor: Ω as it is held, and θ*; or the second model of a method that has one
        activations: what else forward, backward and step hold
    """

    weights: int
    gradients: int
    optimizer: int
    importance: int
    anchor: int
    activations: int


@dataclass(frozen=True)
class RankMemory:
    """Bytes of one of several ranks at the moment of a phase when most is held: none of them at once is more.

    Attributes:
        parts: its share of weights, gradients, moments and what retention holds
        gathered: whole parameters and gradients while they are used: what lies outside of the blocks, and two blocks
        activations: what forward and backward hold of its rows
    """

    parts: int
    gathered: int
    activations: int


class PlannedModel:
    """A model without data, as a run would open it.

    Attributes:
        parameters: how many there are
        trained: how many of them are trained
        adapted: how many numbers the matrices under an adapter have
    """

    def __init__(
        self, folder: Path, bfloat16: bool, gradient_checkpointing: bool, adapter: AdapterSettings | None
    ) -> None:
        """
        Args:
            folder: with `config.json`
            bfloat16: whether forward and backward are in bfloat16
            gradient_checkpointing: as in `models.open_model`
            adapter: or None for full fine-tuning

        Raises:
            InvalidInputError: no model that can be trained; or an adapter that needs weights or data to begin with.
        """
        if adapter is not None and adapter.kind not in (adapters.LORA, adapters.RSLORA, adapters.DORA):
            raise InvalidInputError(
                f'estimate: expected an adapter of the kind lora, rslora or dora, found "{adapter.kind}", whose size '
                "depends on the weights"
            )
        self._mode = FakeTensorMode(allow_non_fake_inputs=True)
        dtype = torch.bfloat16 if bfloat16 else torch.float32

        def opened(held_in: torch.dtype) -> OpenedModel:
            with torch.device("meta"):  # PEFT moves parameters, which fake ones do not allow.
                model = _open(folder, dtype, held_in)
                if gradient_checkpointing:
                    checkpoint_gradients(model.model)
                if adapter is not None:
                    adapters.add_adapter(model, adapter, 0)
            with self._mode:
                model.model.to_empty(device="cpu")
                model.model.tie_weights()
            return model

        self._opened = opened(torch.float32)
        # As ranks gather it: autocast then keeps no narrow copies.
        self._narrow = functools.cache(lambda: opened(dtype))
        self.parameters = sum(parameter.numel() for parameter in self._opened.model.parameters())
        self.trained = sum(parameter.numel() for parameter in covered_parameters(self._opened.model).values())
        bases = () if adapter is None else under_adapter(self._opened.model).values()
        self.adapted = sum(each.weight.numel() for each in bases)

    def memory(self, phase: PlannedPhase) -> PhaseMemory:
        """Of one phase; phases do not add up, since each frees what it held."""
        with warnings.catch_warnings(), self._mode, LiveBytes(ACTIVATIONS) as live:
            # A second model is a deep copy, which looks at addresses; those of fake tensors are 0.
            warnings.filterwarnings("ignore", "Accessing the data pointer of FakeTensor")
            with live.making(WEIGHTS):
                for tensor in (*self._opened.model.parameters(), *self._opened.model.buffers()):
                    live.add(tensor)
            with live.making(ANCHOR):
                held, anchor = self._held(phase), self._anchor(phase)
                training = _CountedPhase(live, self._opened.model, phase.settings, anchor)
            with training.counted_gradients():
                for _ in range(STEPS):
                    self._step(training, phase)
            training.end()
            del held, anchor
        return PhaseMemory(**{each.name: live.peak_by_kind.get(each.name, 0) for each in fields(PhaseMemory)})

    def memory_of_ranks(self, phase: PlannedPhase, ranks: Sequence[int]) -> list[RankMemory]:
        """Of one phase on each of several numbers of ranks, as `sharding.shard` spreads the model: parameters are gathered
        block by block, the next block's while one computes, and gradients are scattered as soon as a block has them.

        Args:
            phase: with the rows of all ranks together
            ranks: each two or more
        """
        own = self.memory(replace(phase, rows=1, length=2))
        gradients = torch.float32.itemsize * self.trained
        all_parts = own.weights + gradients + own.optimizer + own.importance + own.anchor
        return [
            RankMemory(
                all_parts // number,
                self._gathered(),
                self._activations(math.ceil(phase.rows / number), phase.length, phase.packed),
            )
            for number in ranks
        ]

    def _gathered(self) -> int:
        model = self._opened.model
        width = self._opened.dtype.itemsize
        blocks = model.get_submodule(blocks_path(model))
        held, trained = (
            [sum(each.numel() for each in block.parameters() if each.requires_grad or whole) for block in blocks]
            for whole in (True, False)
        )
        outside = sum(each.numel() for each in model.parameters()) - sum(held)
        outside_trained = self.trained - sum(trained)
        # Of gradients the sums are fp32: a block's as it has them, and once more where they are put together.
        gradients = max(outside_trained, 2 * max(trained))
        return width * (outside + 2 * max(held)) + torch.float32.itemsize * gradients

    @functools.cache  # noqa: B019 - of a model that lives as long as an estimate
    def _activations(self, rows: int, length: int, packed: bool) -> int:
        model = self._narrow().model
        drop = [
            parameter.register_post_accumulate_grad_hook(lambda each: setattr(each, "grad", None))
            for parameter in covered_parameters(model).values()
        ]
        try:
            with warnings.catch_warnings(), self._mode, LiveBytes() as live:
                for tensor in (*model.parameters(), *model.buffers()):
                    live.add(tensor)
                before = live.now
                model.train()
                scoring.loss_sum(self._narrow(), _batch(rows, length, packed)).backward()
                return live.peak - before
        finally:
            for hook in drop:
                hook.remove()

    def _step(self, training: TrainingPhase, phase: PlannedPhase) -> None:
        batch = _batch(phase.rows, phase.length, phase.packed)
        micro_batches = range(min(phase.accumulation, 2))  # From the second one on gradients are there.
        for _ in micro_batches:
            objective, loss = training.retention.objective(self._opened, batch)
            training.backward(objective / batch.targets.numel(), loss / batch.targets.numel())
        if phase.settings.independent_gradient:
            for _ in micro_batches:
                training.measure(scoring.loss_sum(self._opened, batch) / batch.targets.numel())
        training.step()

    def _held(self, phase: PlannedPhase) -> Sequence[Tensor]:
        """Ω of the anchor, as it is stored, and once more in fp32 where the penalty cannot work on that."""
        if phase.anchor is None:
            return []
        effective = phase.settings.space == EFFECTIVE
        of = [matrix.weight for matrix in adapted_matrices(self._opened.model)] if effective else self._covered().values()
        values = [torch.empty_like(each, requires_grad=False) for each in of]
        stored = [part for value in values for part in _parts(phase.anchor, value)]
        is_made = methods.find(phase.settings.method).importance is not None and (
            phase.settings.permute or (effective and phase.anchor.kind != Float32.kind) or not phase.anchor.is_held
        )
        return [*stored, *map(torch.empty_like, values)] if is_made else stored

    def _anchor(self, phase: PlannedPhase) -> Anchor | None:
        """One with θ* alone, which is all that a method without importance asks for."""
        if phase.anchor is None:
            return None
        reference = {name: torch.empty_like(each, requires_grad=False) for name, each in self._covered().items()}
        seen = torch.empty(self._opened.vocabulary_size, dtype=torch.bool)
        weights = LayerWeights("uniform", "none", (), 1.0)
        importance = Importance(reference, PATH_INTEGRAL)
        return Anchor(importance, reference, False, weights, 0, seen, space=phase.settings.space)

    def _covered(self) -> Mapping[str, Tensor]:
        return covered_parameters(self._opened.model)


class _CountedPhase(TrainingPhase):
    """A phase that tells what it makes for what; what it does not tell is for the anchor, and in steps for activations.

    A penalty on importance is left out: it works in pieces, and what it holds is counted apart.
    """

    def __init__(self, live: LiveBytes, model: torch.nn.Module, settings: PhaseSettings, anchor: Anchor | None) -> None:
        self._live = live
        self._gradients = GRADIENTS
        method = methods.find(settings.method)
        is_taken_in = PenaltyAdamW.serves(settings.form, settings.clip_norm) or settings.strength == 0
        self._is_measured_around = method.importance is not None and not (
            issubclass(method, AnchoredMethod) and is_taken_in
        )
        super().__init__(model, _without_anchor(settings), anchor)

    @contextlib.contextmanager
    def counted_gradients(self) -> Iterator[None]:
        """Inside, what becomes the `.grad` of a parameter is counted as that."""
        hooks = [
            parameter.register_post_accumulate_grad_hook(lambda each: self._live.turn(each.grad, self._gradients))
            for parameter in self.parameters.values()
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def measure(self, loss: Tensor) -> None:
        self._gradients = IMPORTANCE
        super().measure(loss)
        self._gradients = GRADIENTS

    def _make_meter(self) -> PathMeter | None:
        with self._live.making(IMPORTANCE):
            return super()._make_meter()

    def _make_optimizer(self) -> Optimizer:
        with self._live.making(OPTIMIZER):
            optimizer = super()._make_optimizer()
            if self._is_measured_around:  # torch's step, after a penalty's gradient that is clipped or a plug-in's own.
                optimizer = FusedAdamW(self.parameters, self.settings.weight_decay, self.retention)
            optimizer.tensors()  # torch's would come with the first step.
            return optimizer

    @contextlib.contextmanager
    def _observed(self) -> Iterator[None]:
        with contextlib.ExitStack() as observed:
            with self._live.making(IMPORTANCE):  # g and θ before the step.
                observed.enter_context(super()._observed())
            yield


def estimate(
    folder: str,
    dtype: str,
    gradient_checkpointing: bool,
    adapter: Mapping[str, Any] | None,
    phases: Sequence[Mapping[str, Any]],
    device: str,
) -> dict[str, Any]:
    """The memory of several phases of one model.

    Args:
        folder: with `config.json`
        dtype: "auto", "float32" or "bfloat16": of forward and backward
        gradient_checkpointing: as in `models.open_model`
        adapter: the fields of `AdapterSettings`, or None
        phases: {"rows", "length", "packed", "accumulation": as `PlannedPhase` has them; "settings": as
            `PhaseSettings.from_dict` takes them; "anchor": None, or {"storage", "share"} as `storage_of` takes them}
        device: as in `devices.choose_device`

    Returns:
        {"parameters", "trained", "adapted": numbers; "phases": a `PhaseMemory` for each, as a dict of bytes; "device";
        "availableBytes": what is free on it; "programBytes": what the process itself holds, the JVM included}
    """
    on_device, _ = choose_device(device)
    model, planned = _planned(folder, dtype, gradient_checkpointing, adapter, phases, on_device)
    found = [vars(model.memory(phase)) for phase in planned]
    memory.release()
    return {
        "parameters": model.parameters,
        "trained": model.trained,
        "adapted": model.adapted,
        "phases": found,
        "device": str(on_device),
        "availableBytes": memory.available_bytes(on_device),
        "programBytes": memory.snapshot()["residentBytes"],
    }


def estimate_ranks(
    folder: str,
    dtype: str,
    gradient_checkpointing: bool,
    adapter: Mapping[str, Any] | None,
    phases: Sequence[Mapping[str, Any]],
    device: str,
    ranks: Sequence[int],
) -> list[dict[str, int]]:
    """The memory of a rank in the phase that holds most, for several numbers of ranks.

    Args:
        folder, dtype, gradient_checkpointing, adapter, phases, device: as in `estimate`
        ranks: how many there are together, each two or more

    Returns:
        for each of `ranks` a `RankMemory` as a dict of bytes, with "ranks"
    """
    model, planned = _planned(folder, dtype, gradient_checkpointing, adapter, phases, choose_device(device)[0])
    by_phase = [model.memory_of_ranks(phase, ranks) for phase in planned]
    most = [max(memories, key=lambda each: sum(vars(each).values())) for memories in zip(*by_phase, strict=True)]
    return [vars(memory) | {"ranks": number} for memory, number in zip(most, ranks, strict=True)]


def _planned(
    folder: str,
    dtype: str,
    gradient_checkpointing: bool,
    adapter: Mapping[str, Any] | None,
    phases: Sequence[Mapping[str, Any]],
    device: torch.device,
) -> tuple[PlannedModel, list[PlannedPhase]]:
    """The model and its phases: arguments as of `estimate`."""
    model = PlannedModel(
        Path(folder),
        choose_dtype(dtype, device)[0] is torch.bfloat16,
        gradient_checkpointing,
        None if adapter is None else AdapterSettings(**adapter),
    )
    return model, [_phase(each) for each in phases]


def _phase(told: Mapping[str, Any]) -> PlannedPhase:
    anchor = told["anchor"]
    return PlannedPhase(
        told["rows"],
        told["length"],
        PhaseSettings.from_dict(told["settings"]),
        told["packed"],
        told["accumulation"],
        None if anchor is None else storage_of(anchor["storage"], anchor.get("share")),
    )


def _open(folder: Path, dtype: torch.dtype, held_in: torch.dtype) -> OpenedModel:
    from transformers import AutoModelForCausalLM

    config = checkpoints.read_configuration(folder)
    try:
        model = AutoModelForCausalLM.from_config(config, dtype=held_in, trust_remote_code=False)
    except ValueError as error:
        raise InvalidInputError(f"model.path: {folder} is no causal language model: {error}") from error
    return OpenedModel(model, folder, [], torch.device("cpu"), "an estimate", dtype, "an estimate")


def _without_anchor(settings: PhaseSettings) -> PhaseSettings:
    """Former adapters are small."""
    method = methods.find(settings.method)
    if method.importance is None and not method.starts_afresh:
        return settings
    return replace(settings, method="none", options={}, form=None)


def _parts(storage: Storage, values: Tensor) -> Sequence[Tensor]:
    """What a storage makes of Ω of one parameter."""
    if not isinstance(storage, Sparse) or values.ndim < 2:
        return list(storage.encode(values).values())
    kept = round(storage.share * values.numel())
    return [torch.empty(kept, dtype=torch.bfloat16), torch.empty(kept, dtype=torch.uint8)]  # Gaps hang on the values.


def _batch(rows: int, length: int, packed: bool) -> TokenBatch:
    ids = torch.zeros(rows, length, dtype=torch.int64)
    positions = torch.arange(length).expand(rows, length).contiguous()
    scored = torch.arange(rows * length)
    return TokenBatch(ids, positions, torch.ones_like(ids), scored, torch.zeros_like(scored), packed)

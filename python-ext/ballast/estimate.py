"""How much memory a phase of training will hold, before a weight is loaded.

The phase itself takes two steps on tensors that have shapes and no data (torch's `FakeTensorMode`), while `LiveBytes`
adds up what lives. It needs a model's `config.json`, no weights, and as much memory as an empty process.
"""

import functools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from ballast import adapters, checkpoints, memory, methods, scoring
from ballast.adapted import EFFECTIVE, adapted_matrices
from ballast.adapters import AdapterSettings
from ballast.batches import TokenBatch
from ballast.devices import choose_device, choose_dtype
from ballast.errors import InvalidInputError
from ballast.layers import blocks_path, covered_parameters
from ballast.live_bytes import LiveBytes
from ballast.models import OpenedModel, checkpoint_gradients
from ballast.settings import PhaseSettings
from ballast.training import TrainingPhase

STEPS = 2
"""The optimizer's state is there from the first step's end on."""


@dataclass(frozen=True)
class PlannedPhase:
    """A phase as far as memory goes.

    Attributes:
        rows: of a micro-batch
        length: tokens of its longest row
        settings: of the phase; its anchor is left out
    """

    rows: int
    length: int
    settings: PhaseSettings


@dataclass(frozen=True)
class PhaseMemory:
    """Bytes at the moment of a phase when most is held.

    Attributes:
        weights: all of the model's parameters and buffers
        optimizer: AdamW's two moments of what is trained
        retention: ω and θ⁰ while importance is measured; Ω and θ* of an anchor; a second model
        step: gradients, and what forward and backward hold
    """

    weights: int
    optimizer: int
    retention: int
    step: int


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

    def memory(self, phase: PlannedPhase) -> PhaseMemory:
        """Of one phase; phases do not add up, since each frees what it held."""
        model = self._opened.model
        with warnings.catch_warnings(), self._mode, LiveBytes() as live:
            # A second model is a deep copy, which looks at addresses; those of fake tensors are 0.
            warnings.filterwarnings("ignore", "Accessing the data pointer of FakeTensor")
            for tensor in (*model.parameters(), *model.buffers()):
                live.add(tensor)
            weights = live.now
            held = self._anchor(phase.settings)
            training = TrainingPhase(model, _without_anchor(phase.settings), None)
            for _ in range(STEPS):
                self._step(training, phase)
            between_steps, peak = live.now, live.peak
            training.end()
            del held
        moments = 2 * torch.float32.itemsize * self.trained
        return PhaseMemory(weights, moments, between_steps - weights - moments, peak - between_steps)

    def memory_of_ranks(self, phase: PlannedPhase, ranks: Sequence[int]) -> list[RankMemory]:
        """Of one phase on each of several numbers of ranks, as `sharding.shard` spreads the model: parameters are gathered
        block by block, the next block's while one computes, and gradients are scattered as soon as a block has them.

        Args:
            phase: with the rows of all ranks together
            ranks: each two or more
        """
        own = self.memory(PlannedPhase(1, 2, phase.settings))
        gradients = torch.float32.itemsize * self.trained
        all_parts, gathered = own.weights + own.optimizer + own.retention + gradients, self._gathered()
        return [
            RankMemory(all_parts // number, gathered, self._activations(math.ceil(phase.rows / number), phase.length))
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
    def _activations(self, rows: int, length: int) -> int:
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
                scoring.loss_sum(self._narrow(), _batch(rows, length)).backward()
                return live.peak - before
        finally:
            for hook in drop:
                hook.remove()

    def _step(self, training: TrainingPhase, phase: PlannedPhase) -> None:
        batch = _batch(phase.rows, phase.length)
        objective, loss = training.retention.objective(self._opened, batch)
        training.backward(objective / batch.targets.numel(), loss / batch.targets.numel())
        training.step()

    def _anchor(self, settings: PhaseSettings) -> Sequence[Tensor]:
        """Ω and θ*, where the method has them."""
        if methods.find(settings.method).importance is None:
            return []
        parameters = list(covered_parameters(self._opened.model).values())
        of = parameters
        if settings.space == EFFECTIVE:
            of = [matrix.weight for matrix in adapted_matrices(self._opened.model)]
        return [torch.empty_like(each, requires_grad=False) for each in (*of, *parameters)]


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
        phases: {"rows", "length", "settings": as `PhaseSettings.from_dict` takes them}
        device: as in `devices.choose_device`

    Returns:
        {"parameters", "trained": numbers; "phases": a `PhaseMemory` for each, as a dict of bytes; "device";
        "availableBytes": what is free on it; "programBytes": what the program itself holds there}
    """
    on_device, _ = choose_device(device)
    model, planned = _planned(folder, dtype, gradient_checkpointing, adapter, phases, on_device)
    return {
        "parameters": model.parameters,
        "trained": model.trained,
        "phases": [vars(model.memory(phase)) for phase in planned],
        "device": str(on_device),
        "availableBytes": memory.available_bytes(on_device),
        "programBytes": 0 if on_device.type == "cuda" else memory.snapshot()["residentBytes"],
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
    planned = [PlannedPhase(each["rows"], each["length"], PhaseSettings.from_dict(each["settings"])) for each in phases]
    return model, planned


def _open(folder: Path, dtype: torch.dtype, held_in: torch.dtype) -> OpenedModel:
    from transformers import AutoModelForCausalLM

    config = checkpoints.read_configuration(folder)
    try:
        model = AutoModelForCausalLM.from_config(config, dtype=held_in, trust_remote_code=False)
    except ValueError as error:
        raise InvalidInputError(f"model.path: {folder} is no causal language model: {error}") from error
    return OpenedModel(model, folder, [], torch.device("cpu"), "an estimate", dtype, "an estimate")


def _without_anchor(settings: PhaseSettings) -> PhaseSettings:
    """A penalty on an anchor works in pieces, and what it holds is counted apart; former adapters are small."""
    method = methods.find(settings.method)
    if method.importance is None and not method.starts_afresh:
        return settings
    return replace(settings, method="none", options={}, form=None, space="factors")


def _batch(rows: int, length: int) -> TokenBatch:
    ids = torch.zeros(rows, length, dtype=torch.int64)
    positions = torch.arange(length).expand(rows, length).contiguous()
    scored = torch.arange(rows * length)
    return TokenBatch(ids, positions, torch.ones_like(ids), scored, torch.zeros_like(scored), packed=False)

"""A training phase that is fed slots: what stands between the batches and `TrainingPhase`."""

import dataclasses
from typing import Any

import numpy
import torch

from ballast import adapters, memory, methods, ranks
from ballast.anchors import Anchor
from ballast.forward import batches, scoring
from ballast.models import OpenedModel, compilation
from ballast.settings import PhaseSettings
from ballast.training.training_phase import TrainingPhase


class ModelPhase:
    """One phase of training on an opened model.

    Attributes:
        training: the phase
        seen_tokens: [vocabulary] bool: the tokens that it saw
    """

    def __init__(self, opened: OpenedModel, settings: dict[str, Any], anchor: Anchor | None):
        self._opened = opened
        memory.release()
        memory.reset_peak()
        phase = PhaseSettings.from_dict(settings)
        if methods.find(phase.method).starts_afresh:
            adapters.start_afresh(opened, phase.seed)
        self.training = TrainingPhase(opened.model, phase, anchor, adapters.former_directions(opened))
        self.seen_tokens = torch.zeros(opened.vocabulary_size, dtype=torch.bool, device=opened.device)
        self._has_stepped = False

    def forward_backward(self, slot: numpy.ndarray, rows: int, length: int, packed: bool, step_targets: int) -> None:
        """One micro-batch. `step_targets` are the scored targets of the whole optimizer step: accumulated micro-batches
        then weigh each token as one large batch would."""
        if step_targets < 1:
            raise ValueError(f"expected a step with at least one target, found {step_targets}")
        if not self._opened.model.training:  # An evaluation came between.
            self._opened.model.train()
        batch = batches.read_slot(slot, rows, length, packed, self._opened.vocabulary_size, self._opened.device)
        batch.mark_tokens(self.seen_tokens)
        with compilation.training(self._opened):
            objective, loss = self.training.retention.objective(self._opened, batch)
            self.training.backward(objective / step_targets, loss / step_targets)

    def measure(self, slot: numpy.ndarray, rows: int, length: int, packed: bool, step_targets: int) -> None:
        """One micro-batch for the path integral alone: see `TrainingPhase.measure`."""
        batch = batches.read_slot(slot, rows, length, packed, self._opened.vocabulary_size, self._opened.device)
        batch.mark_tokens(self.seen_tokens)
        with compilation.training(self._opened):
            self.training.measure(scoring.loss_sum(self._opened, batch) / step_targets)

    def step(self) -> None:
        """As `TrainingPhase.step`."""
        self.training.step()
        if not self._has_stepped:
            # The first step's blocks were laid between what stays; the second one's may not fit into the gaps (of 124 M
            # parameters 1.5 GB beside 5.3), and all after it as the second one's.
            memory.release()
            self._has_stepped = True

    def finish_importance(self, *weighing: Any) -> Anchor:
        """As `TrainingPhase.finish_importance`; the anchor knows which tokens the phase saw."""
        self.share_seen_tokens()
        return dataclasses.replace(self.training.finish_importance(*weighing), seen_tokens=self.seen_tokens)

    def share_seen_tokens(self) -> None:
        """Adds the tokens that other ranks saw."""
        self.seen_tokens.copy_(ranks.most(self.seen_tokens.int()))

    def end(self) -> dict[str, Any]:
        """As `TrainingPhase.end`, with the phase's peak of memory."""
        return self.training.end() | {"peakMemoryBytes": memory.peak_bytes(self._opened.device)}

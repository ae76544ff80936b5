"""Importance of an opened model where it stands, measured on batches that arrive in slots."""

import numpy
import torch
from torch import Tensor

from ballast.anchors import Anchor
from ballast.errors import DivergedError, InvalidInputError
from ballast.forward import batches, scoring
from ballast.importance import FISHER, SENSITIVITY, Importance
from ballast.measurement import effective_fisher
from ballast.measurement.sample_gradients import SampleGradients
from ballast.models import OpenedModel
from ballast.models.layers import covered_parameters

KINDS = (FISHER, SENSITIVITY, *effective_fisher.KINDS)
LABELS = ("data", "sampled")
NOT_BY_SAMPLE = ("dora", "osf")


class Measurement:
    """A mean over samples of what each one's gradient says; a sample is a document. Dropout is off.

    Fisher information, F = 1/N Σ_n (∂ log p(x_n)/∂θ)² with log p the sum over the document's scored tokens. With labels
    "data" each token is the text's own (the empirical Fisher, as EWC is mostly done); with "sampled" it is drawn from the
    model's own distribution at that position, whose mean is the Fisher information itself (Kunstner et al. 2019,
    arXiv 1905.12558).

    Sensitivity, 1/N Σ_n |∂‖f(x_n)‖²/∂θ| with f the logits at the document's scored positions (Aljundi et al. 2018,
    arXiv 1711.09601). It needs no labels.

    Under a LoRA adapter the Fisher information of the adapted matrices, in the ways of `effective_fisher`.
    """

    def __init__(self, opened: OpenedModel, kind: str, labels: str, seed: int) -> None:
        """
        Args:
            opened: the model, as it stands
            kind: `importance.FISHER`, `importance.SENSITIVITY`, or one of `effective_fisher.KINDS`
            labels: "data" or "sampled"
            seed: of labels that are drawn

        Raises:
            InvalidInputError: an unknown kind or label, a kind that needs an adapter which the model does not have, or an
                adapter whose gradients have no samples apart.
        """
        if kind not in KINDS or labels not in LABELS:
            raise InvalidInputError(
                f'expected importance "fisher" or "sensitivity" with labels "data" or "sampled", found "{kind}" with '
                f'"{labels}"'
            )
        if opened.adapter is not None and opened.adapter["kind"] in NOT_BY_SAMPLE:
            raise InvalidInputError(
                f"adapter.kind: expected lora, rslora, qlora or corda to measure {kind} on, found "
                f"{opened.adapter['kind']}: it computes with whole weights, so that its gradients cannot be told apart "
                'by sample; use another kind, or a method that needs no gradient for each sample, such as "hierarchical"'
            )
        self._opened = opened
        self._kind = kind
        self._parameters = covered_parameters(opened.model)
        if kind in effective_fisher.KINDS:
            self._gradients = effective_fisher.create(opened, effective_fisher.KINDS[kind])
        else:
            self._gradients = SampleGradients(opened.model, self._parameters, magnitudes=kind == SENSITIVITY)
        self._sampled = labels == "sampled"
        self._generator = torch.Generator(opened.device).manual_seed(seed)
        self._seen_tokens = torch.zeros(opened.vocabulary_size, dtype=torch.bool, device=opened.device)
        opened.model.eval()

    def add(self, slot: numpy.ndarray, rows: int, length: int, packed: bool) -> None:
        """Measures the documents of one batch."""
        opened = self._opened
        batch = batches.read_slot(slot, rows, length, packed, opened.vocabulary_size, opened.device)
        batch.mark_tokens(self._seen_tokens)
        if self._kind in effective_fisher.KINDS:
            self._gradients.add(batch, self._cross_entropies)
            return
        with self._gradients.of_samples(batch.documents(), batch.scored):
            logits = scoring.selected_logits(opened, batch, own_positions=True).float()
            self._measured(logits, batch.targets).backward()

    def _measured(self, logits: Tensor, targets: Tensor) -> Tensor:
        if self._kind == SENSITIVITY:
            return logits.square().sum()
        return self._cross_entropies(logits, targets).sum()

    def _cross_entropies(self, logits: Tensor, targets: Tensor) -> Tensor:
        """[S], in nats, of the targets or of what is drawn in their place."""
        if self._sampled:
            targets = torch.multinomial(logits.detach().softmax(-1), 1, generator=self._generator)[:, 0]
        return torch.nn.functional.cross_entropy(logits, targets, reduction="none")

    def finish(self, reference_is_base: bool, layer_coefficients: str, layers: str, normalize: str) -> Anchor:
        """The anchor at the model as it stands.

        Args:
            reference_is_base: whether the model stands where it was opened
            layer_coefficients: as in `importance.layer_coefficients`
            layers: "block" or "parameter"
            normalize: "mean" or "none"

        Raises:
            InvalidInputError: an unknown setting, or no sample.
            DivergedError: a gradient was not finite.
        """
        if not self._gradients.samples:
            raise InvalidInputError("expected samples of general text to measure importance on, found none")
        values = {name: total / self._gradients.samples for name, total in self._gradients.totals.items()}
        for name, value in values.items():
            if not torch.isfinite(value).all():
                raise DivergedError(
                    f"expected finite gradients on the general text, found one in {name} that is not: the general "
                    "phase has diverged, or the weights are broken"
                )
        return Anchor.of(
            self._opened.model,
            Importance(values, self._kind, samples=self._gradients.samples),
            {name: parameter.detach().clone() for name, parameter in self._parameters.items()},
            reference_is_base,
            layer_coefficients,
            layers,
            normalize,
            self._seen_tokens,
        )

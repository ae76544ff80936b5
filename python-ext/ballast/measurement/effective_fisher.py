"""Fisher information of the matrices that a LoRA adapter changes, in the ways that EWC-LoRA has been published."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn

from ballast.adapters.adapted import adapted_matrices, base_parameters, tiles
from ballast.errors import InvalidInputError
from ballast.forward import scoring
from ballast.forward.batches import TokenBatch
from ballast.measurement.effective_path_integral import EffectiveGradients
from ballast.measurement.sample_gradients import SampleGradients
from ballast.models import OpenedModel
from ballast.models.layers import covered_parameters

RELEASED = "released"
RESTRICTED = "restricted"
BATCHED = "batched"
ONLINE = "online"
VARIANTS = (RELEASED, RESTRICTED, BATCHED, ONLINE)

# Tokens of a document that count: compute_fisher_matrix.py of szxiangjn/world-model-for-language-model.
DOCUMENT_TOKENS = 800


def fisher_kind(variant: str) -> str:
    """The kind of importance that a variant measures, as anchors and results name it."""
    return f"fisher_effective_{variant}"


KINDS = {fisher_kind(variant): variant for variant in VARIANTS}


class DocumentLoop:
    """F = 1/N Σ_n (∂ℓ_n/∂W)², a document at a time, ℓ_n the mean cross entropy of its scored tokens (arXiv 2305.10626).

    "released" is compute_fisher_matrix.py: every parameter of the model has a gradient, and each is copied to the CPU,
    squared and added up there, in fp32. "restricted" is the same for the adapted matrices alone, where they are.

    Attributes:
        totals: the sum over documents by the base weight's name, fp32
        samples: how many documents
    """

    def __init__(self, opened: OpenedModel, variant: str) -> None:
        """
        Raises:
            InvalidInputError: weights in 4 or 8 bits, for which autograd has no gradient.
        """
        self._opened = opened
        adapted = {matrix.name: matrix.weight for matrix in adapted_matrices(opened.model)}
        chosen = base_parameters(opened.model) if variant == RELEASED else adapted
        if any(not weight.is_floating_point() for weight in chosen.values()):
            raise InvalidInputError(
                f'retention.options.variant: expected "{BATCHED}" (the same Fisher information) or "{ONLINE}" for a base in '
                f'4 or 8 bits, found "{variant}", which needs the gradient of each weight, and integers have none: set '
                'one of them, or adapter.kind to "lora"'
            )
        self._parameters = chosen
        self._device = torch.device("cpu") if variant == RELEASED else opened.device
        self.totals = {name: torch.zeros(weight.shape, device=self._device) for name, weight in chosen.items()}
        self.samples = 0

    def add(self, batch: TokenBatch, cross_entropies: Callable[[Tensor, Tensor], Tensor]) -> None:
        """Measures every document of a batch that has a scored token.

        Args:
            batch: rows of one document or of several
            cross_entropies: from logits [S, vocabulary] and targets [S] to [S]
        """
        with _only_trainable(self._opened.model, self._parameters.values()):
            for document in _documents(batch):
                logits = scoring.selected_logits(self._opened, document, own_positions=True).float()
                cross_entropies(logits, document.targets).mean().backward()
                for name, parameter in self._parameters.items():
                    if parameter.grad is not None:
                        gradient = parameter.grad.detach().to(self._device)
                        self.totals[name].addcmul_(gradient, gradient)
                        parameter.grad = None
                self.samples += 1


class DocumentBatch:
    """The F of `DocumentLoop` for the adapted matrices from whole batches, by `SampleGradients`: exactly the same.

    Attributes:
        totals: the sum over documents by the base weight's name, fp32
        samples: how many documents
    """

    def __init__(self, opened: OpenedModel) -> None:
        self._opened = opened
        weights = {matrix.name: matrix.weight for matrix in adapted_matrices(opened.model)}
        self._gradients = SampleGradients(opened.model, weights)

    @property
    def totals(self) -> Mapping[str, Tensor]:
        return self._gradients.totals

    @property
    def samples(self) -> int:
        return self._gradients.samples

    def add(self, batch: TokenBatch, cross_entropies: Callable[[Tensor, Tensor], Tensor]) -> None:
        """As `DocumentLoop.add`."""
        batch = _cut(batch)
        if not len(batch.scored):
            return
        numbers, sample_of = _numbered(batch)
        with _only_trainable(self._opened.model, ()), self._gradients.of_samples(sample_of, batch.scored):
            logits = scoring.selected_logits(self._opened, batch, own_positions=True).float()
            losses = cross_entropies(logits, batch.targets)
            (losses / numbers.bincount()[numbers]).sum().backward()


class WholeBatch:
    """F = 1/N Σ_b n_b (∂ℓ_b/∂ΔW)² with ℓ_b the mean cross entropy of batch b and n_b its documents (arXiv 2602.17559,
    methods/ewclora.py of yaoyz96/low-rank-cl), where ΔW = s B A is caught by hooks and never made.

    The authors' ΔW is B A without s; theirs is F / s², and weighs (BA)² where this weighs (sBA)²: the same penalty.

    Attributes:
        totals: the sum over batches by the base weight's name, fp32
        samples: how many documents
    """

    def __init__(self, opened: OpenedModel) -> None:
        self._opened = opened
        self._matrices = adapted_matrices(opened.model)
        self.totals = {
            matrix.name: torch.zeros(matrix.shape, dtype=torch.float32, device=matrix.b.device)
            for matrix in self._matrices
        }
        self.samples = 0

    def add(self, batch: TokenBatch, cross_entropies: Callable[[Tensor, Tensor], Tensor]) -> None:
        """As `DocumentLoop.add`, the batch as one."""
        batch = _cut(batch)
        if not len(batch.scored):
            return
        documents = int(_numbered(batch)[0].max()) + 1
        gradients = EffectiveGradients(self._matrices)
        try:
            logits = scoring.selected_logits(self._opened, batch).float()
            cross_entropies(logits, batch.targets).mean().backward()
            with torch.no_grad():
                for matrix in self._matrices:
                    total, gradient = self.totals[matrix.name], gradients.of(matrix)
                    for part in tiles(total) if gradient is not None else ():
                        tile = gradient.tile(part)
                        total[part].addcmul_(tile, tile, value=documents)
        finally:
            gradients.remove()
            for parameter in covered_parameters(self._opened.model).values():
                parameter.grad = None
        self.samples += documents


def create(opened: OpenedModel, variant: str) -> DocumentLoop | DocumentBatch | WholeBatch:
    """What measures a variant.

    Raises:
        InvalidInputError: the model has no LoRA adapter on linear modules, or a base whose weights have no gradient.
    """
    if variant == BATCHED:
        return DocumentBatch(opened)
    return WholeBatch(opened) if variant == ONLINE else DocumentLoop(opened, variant)


@contextmanager
def _only_trainable(model: nn.Module, parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """Inside, only these have gradients; afterwards none has one, and what was trainable before is so again."""
    chosen = list(parameters)
    trainable = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        model.requires_grad_(False)
        for parameter in chosen:
            parameter.requires_grad_(True)
        yield
    finally:
        for parameter, before in trainable:
            parameter.requires_grad_(before)
        for parameter in chosen:
            parameter.grad = None


def _cut(batch: TokenBatch) -> TokenBatch:
    """The batch with only the first DOCUMENT_TOKENS of each document scored: under causal attention as if it were cut."""
    counts = batch.positions.flatten()[batch.scored] < DOCUMENT_TOKENS - 1
    return replace(batch, scored=batch.scored[counts], targets=batch.targets[counts])


def _numbered(batch: TokenBatch) -> tuple[Tensor, Tensor]:
    """([S] the document of each scored token, [rows, length] of every token), from 0; without a scored token -1."""
    documents = batch.documents()
    present, numbers = documents.flatten()[batch.scored].unique(return_inverse=True)
    number_of = documents.new_full((int(documents.max()) + 2,), -1)  # The last is that of padding, -1.
    number_of[present] = torch.arange(len(present), device=present.device)
    return numbers, number_of[documents]


def _documents(batch: TokenBatch) -> Iterator[TokenBatch]:
    """Each document that has a scored token as a batch of its own."""
    batch = _cut(batch)
    numbers, document_of = _numbered(batch)
    for number in range(int(numbers.max()) + 1 if len(numbers) else 0):
        tokens = (document_of.flatten() == number).nonzero().squeeze(1)[:DOCUMENT_TOKENS]
        chosen = numbers == number
        yield TokenBatch(
            ids=batch.ids.flatten()[tokens][None],
            positions=batch.positions.flatten()[tokens][None],
            segments=torch.ones_like(tokens)[None],
            scored=batch.scored[chosen] - tokens[0],
            targets=batch.targets[chosen],
            packed=False,
        )

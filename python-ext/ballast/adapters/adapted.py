"""The weight matrices that a LoRA adapter changes, and the change as the product of two small matrices."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ballast.errors import InvalidInputError
from ballast.models.layers import plain_name

# What importance is of: every trainable parameter of a model, LoRA's A and B, or what these do to each adapted matrix.
PARAMETERS = "parameters"
FACTORS = "factors"
EFFECTIVE = "effective"

# Numbers of a d_out × d_in matrix held at once: 4 MiB in fp32, which a second-level cache nearly holds.
TILE = 1 << 20


@dataclass(frozen=True, eq=False)
class AdaptedMatrix:
    """One linear module with its adapter: its weight acts as W + s B A (arXiv 2106.09685).

    A weight is stored [out, in] by `nn.Linear` and [in, out] by transformers' Conv1D. What has the weight's shape here
    (Ω, tiles) is always as stored; rows are the stored ones. A weight in 4 bits is packed: it is meant as it computes.

    Attributes:
        name: of W, as the model has it without an adapter
        module: PEFT's layer; its input and output are those of the adapted matrix
        weight: W, frozen; of integers where it is held in 4 or 8 bits
        a: A [r, in], trainable
        b: B [out, r], trainable
        a_name: of A, as the model has it
        b_name: of B
        scaling: s, as PEFT made it (alpha / r, or alpha / √r)
        transposed: whether W is stored [in, out]
    """

    name: str
    module: nn.Module
    weight: Tensor
    a: nn.Parameter
    b: nn.Parameter
    a_name: str
    b_name: str
    scaling: float
    transposed: bool

    @property
    def shape(self) -> torch.Size:
        """Of W as it computes."""
        rows, columns = self.factors(self.b, self.a)
        return torch.Size((rows.shape[0], columns.shape[1]))

    def factors(self, b: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
        """Views of two factors, or of what has their shapes, the one that belongs to the rows of W as stored first.

        Args:
            b: [out, k]
            a: [k, in]
        """
        return (a.T, b.T) if self.transposed else (b, a)

    def product(self, b: Tensor, a: Tensor) -> "LowRank":
        """s b a as W is stored.

        Args:
            b: [out, k]
            a: [k, in]
        """
        rows, columns = self.factors(b, a)
        return LowRank(rows * self.scaling, columns)

    def move(self, b: Tensor, a: Tensor) -> "LowRank":
        """How far the change has come from another: s(BA − b a), of rank 2r.

        Written as s([B − b, b] [A; A − a]): in place of two large products their differences, which are exact where the
        factors are near one another, are multiplied.

        Args:
            b: [out, r], an earlier B
            a: [r, in], an earlier A
        """
        return self.product(torch.cat([self.b - b, b], 1), torch.cat([self.a, self.a - a], 0))


@dataclass(frozen=True)
class LowRank:
    """P Q, of which only tiles are ever computed.

    Attributes:
        rows: P [n, k]
        columns: Q [k, m]
    """

    rows: Tensor
    columns: Tensor

    def tile(self, part: slice) -> Tensor:
        """[rows in the part, m]: some rows of the product, fp32."""
        return self.rows[part] @ self.columns


def tiles(matrix: Tensor | AdaptedMatrix, size: int = TILE) -> Iterator[slice]:
    """Slices of the rows of a matrix, each of at most `size` numbers, but of one row at least."""
    step = max(1, size // matrix.shape[1])
    return (slice(begin, begin + step) for begin in range(0, matrix.shape[0], step))


def adapted_matrices(model: nn.Module) -> list[AdaptedMatrix]:
    """The adapted matrices of a PEFT model, in its order.

    Raises:
        InvalidInputError: no LoRA adapter, or one whose change is not s B A on linear modules alone.
    """
    from peft.tuners.lora import LoraLayer

    layers = [(name, module) for name, module in model.named_modules() if isinstance(module, LoraLayer)]
    if not layers:
        raise _unsupported("a model with a LoRA adapter", f"none in {type(model).__name__}")
    matrices = [_matrix(name, module) for name, module in layers]
    factors = {id(factor) for matrix in matrices for factor in (matrix.a, matrix.b)}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and id(parameter) not in factors:
            raise _unsupported("nothing trainable but the factors A and B", name)
    return matrices


def factors_by_matrix(
    matrices: Iterable[AdaptedMatrix], parameters: Mapping[str, Tensor]
) -> dict[str, tuple[Tensor, Tensor]]:
    """(B, A) of each adapted matrix by its name, out of an adapter's parameters by theirs."""
    return {matrix.name: (parameters[matrix.b_name], parameters[matrix.a_name]) for matrix in matrices}


def base_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters of the model under a LoRA adapter, by the names that it has without; a tied one once."""
    return {plain_name(name): parameter for name, parameter in model.named_parameters() if ".lora_" not in name}


def under_adapter(model: nn.Module) -> dict[str, nn.Module]:
    """The base's modules under LoRA layers, by the layer's name; empty without an adapter."""
    from peft.tuners.lora import LoraLayer

    return {name: module.get_base_layer() for name, module in model.named_modules() if isinstance(module, LoraLayer)}


def _matrix(name: str, module: nn.Module) -> AdaptedMatrix:
    from transformers.pytorch_utils import Conv1D

    base = module.get_base_layer()
    if not isinstance(base, (nn.Linear, Conv1D)):
        raise _unsupported("adapted linear modules", f"{type(base).__name__} in {name}")
    if len(module.active_adapters) != 1 or len(module.lora_A) != 1 or module.merged:
        raise _unsupported("one adapter, active and not merged", f"{list(module.lora_A)} in {name}")
    adapter = module.active_adapters[0]
    if module.lora_variant or module.lora_bias.get(adapter):
        variant = [type(each).__name__ for each in module.lora_variant.values()] or "a bias"
        raise _unsupported("an adapter whose change is s B A", f"{variant} in {name}")
    return AdaptedMatrix(
        plain_name(f"{name}.weight"),
        module,
        base.weight,
        module.lora_A[adapter].weight,
        module.lora_B[adapter].weight,
        f"{name}.lora_A.{adapter}.weight",
        f"{name}.lora_B.{adapter}.weight",
        float(module.scaling[adapter]),
        isinstance(base, Conv1D),
    )


def _unsupported(expected: str, found: str) -> InvalidInputError:
    return InvalidInputError(
        f'retention.space: expected {expected} for "effective", found {found}: give the experiment an "adapter" of '
        'kind "lora" on linear modules, or set retention.space to "factors"'
    )

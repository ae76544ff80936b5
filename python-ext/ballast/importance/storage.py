"""Forms in which an anchor keeps Ω: each trades size for error."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ballast.errors import InvalidInputError
from ballast.kernels import Held, RowCodes, shards

VALUES = "values"
"""The part of a stored tensor that keeps its name in the file."""


class Storage(ABC):
    """One form. Tensors go in and come out as fp32 and ≥ 0; a stored tensor is a few parts by name.

    Attributes:
        kind: as an experiment has it in "importance.storage"
        by_element: whether each element is stored for itself, so that a part of a tensor is stored as it is in the whole
        is_exact: whether what is read back is what was stored, to the bit
    """

    kind: str
    by_element = False
    is_exact = False

    @abstractmethod
    def encode(self, values: Tensor) -> dict[str, Tensor]:
        """The parts that are stored, contiguous.

        Args:
            values: Ω of one parameter, fp32, ≥ 0
        """

    @abstractmethod
    def decode(self, parts: Mapping[str, Tensor], shape: Sequence[int]) -> Tensor:
        """Ω, fp32, of the parameter's shape."""

    def held(self, parts: Mapping[str, Tensor]) -> Held | None:
        """What `decode` would give as the kernels take it, without making it wider; None where they cannot."""
        return None

    @property
    def is_held(self) -> bool:
        """Whether `held` gives anything."""
        return type(self).held is not Storage.held

    def facts(self) -> dict[str, object]:
        """What an anchor's metadata and `storage_of` need to know of it."""
        return {"kind": self.kind}


class Float32(Storage):
    """As measured."""

    kind = "float32"
    by_element = True
    is_exact = True

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        return {VALUES: values.contiguous()}

    def decode(self, parts: Mapping[str, Tensor], shape: Sequence[int]) -> Tensor:
        return parts[VALUES]

    def held(self, parts: Mapping[str, Tensor]) -> Held:
        return parts[VALUES]


class BFloat16(Storage):
    """Rounded to 8 significant bits: each value is wrong by at most 2⁻⁸ of itself."""

    kind = "bfloat16"
    by_element = True

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        return {VALUES: values.bfloat16().contiguous()}

    def decode(self, parts: Mapping[str, Tensor], shape: Sequence[int]) -> Tensor:
        return parts[VALUES].float()

    def held(self, parts: Mapping[str, Tensor]) -> Held:
        return parts[VALUES]


class Int8(Storage):
    """The cube root of Ω in 255 steps, with the largest Ω of each row as its scale (one for a whole vector).

    Ω̂ = s (q / 255)³ with q = round(255 (Ω / s)^⅓), so that q is wrong by half a step at most. Ω has heavy tails: equal
    steps of Ω itself, as weights are quantised in, spend the codes on a few large values and round the many small ones
    to 0. On Ω of stories15M (Fisher information, path integral) the error Σ|Ω̂ − Ω| / ΣΩ is 7.7 % and 1.3 % with equal
    steps, 1.1 % and 0.6 % with a square root, 0.8 % and 0.6 % with a cube root, 0.7 % and 0.6 % with a fourth root,
    0.8 % and 1.0 % with a logarithm over 16 bits; the cube root needs no smallest value and errs least where the
    penalty is strong.
    """

    kind = "int8"

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        rows = values if values.ndim > 1 else values[None]
        rows = rows.flatten(1)
        scale = rows.amax(1)
        codes = (rows / _positive(scale)[:, None]).pow_(1 / 3).mul_(255).round_().to(torch.uint8)
        return {VALUES: codes.view(values.shape), "scale": scale}

    def decode(self, parts: Mapping[str, Tensor], shape: Sequence[int]) -> Tensor:
        return self.held(parts).float().view(shape)

    def held(self, parts: Mapping[str, Tensor]) -> RowCodes:
        return RowCodes(parts[VALUES], parts["scale"])


class Factored(Storage):
    """A matrix by its row means and column means, Ω̂_ij = r_i c_j with c of mean 1; what is no matrix as it is.

    The rank-1 form in which Adafactor keeps second moments (Shazeer & Stern 2018, arXiv 1804.04235): of all rank-1
    matrices ≥ 0 the nearest in generalised Kullback-Leibler divergence, and the sums of rows and columns are exact.
    """

    kind = "factored"

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        if values.ndim < 2:
            return {VALUES: values.contiguous()}
        return _factors(values.flatten(1), torch.ones((), device=values.device))

    def decode(self, parts: Mapping[str, Tensor], shape: Sequence[int]) -> Tensor:
        return parts[VALUES] if len(shape) < 2 else torch.outer(parts["rows"], parts["columns"]).view(shape)


@dataclass(frozen=True)
class Sparse(Storage):
    """A matrix by its largest elements, one by one, over the factored form of the others; what is no matrix as it is.

    With 0 in place of the others, as pruning would have it, they would all move freely: a tenth of the elements holds
    41 to 64 % of ΣΩ on stories15M. The values are bfloat16. An index is one byte: the distance from the one before, and
    255 for "255 on, and none here", so that a kept element takes 3 bytes where an int32 index would make it 6.

    Attributes:
        share: of each matrix, how much is kept; in (0, 1]
    """

    share: float
    kind = "sparse"

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InvalidInputError(f"importance.share: expected more than 0 and at most 1, found {self.share}")

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        if values.ndim < 2:
            return {VALUES: values.contiguous()}
        flat = values.flatten()
        kept = flat.topk(max(1, round(self.share * flat.numel())), sorted=False).indices.sort().values
        others = torch.ones_like(flat).index_fill_(0, kept, 0)
        factors = _factors(values.flatten(1), others.view(len(values), -1))
        return factors | {VALUES: flat[kept].bfloat16(), "gaps": _gaps(kept)}

    def decode(self, parts: Mapping[str, Tensor], shape: Sequence[int]) -> Tensor:
        if len(shape) < 2:
            return parts[VALUES]
        decoded = torch.outer(parts["rows"], parts["columns"]).flatten()
        decoded[_indices(parts["gaps"])] = parts[VALUES].float()
        return decoded.view(shape)

    def facts(self) -> dict[str, object]:
        return {"kind": self.kind, "share": self.share}


KINDS = (Float32.kind, BFloat16.kind, Int8.kind, Sparse.kind, Factored.kind)


def storage_of(kind: str, share: float | None = None) -> Storage:
    """The storage of that name.

    Args:
        kind: one of KINDS
        share: of "sparse", what is kept

    Raises:
        InvalidInputError: there is none of that name, or a share out of (0, 1].
    """
    if kind == Sparse.kind:
        return Sparse(0.0 if share is None else share)
    for storage in (Float32, BFloat16, Int8, Factored):
        if kind == storage.kind:
            return storage()
    raise InvalidInputError(f'importance.storage: expected one of {", ".join(KINDS)}, found "{kind}"')


@dataclass(frozen=True)
class StoredImportance:
    """Ω of a whole anchor as it lies in the file.

    Attributes:
        storage: the form
        parts: the parts of each tensor by parameter name
        error: `relative_error` of what the parts say, against what was stored
    """

    storage: Storage
    parts: Mapping[str, Mapping[str, Tensor]]
    error: float

    @property
    def bytes(self) -> int:
        return sum(part.nbytes for parts in self.parts.values() for part in parts.values())

    @classmethod
    def of(cls, values: Mapping[str, Tensor], storage: Storage) -> tuple["StoredImportance", "DecodedImportance"]:
        """Ω as stored, and what is read back from that: Ω̂ by parameter name."""
        parts = {name: storage.encode(value) for name, value in values.items()}
        decoded = DecodedImportance(storage, parts, {name: value.shape for name, value in values.items()})
        error = 0.0 if storage.is_exact else relative_error(decoded, values)
        return cls(storage, parts, error), decoded

    def cut_as(self, parameters: Mapping[str, Tensor]) -> "StoredImportance":
        """The same cut as the parameters of a model that is spread over ranks, where the form allows it."""
        if not self.storage.by_element:
            return self
        cut = {
            name: {part: shards.like(tensor, parameters[name]) for part, tensor in parts.items()}
            for name, parts in self.parts.items()
        }
        return StoredImportance(self.storage, cut, self.error)

    def gathered(self) -> "StoredImportance":
        """The same with whole parts on the CPU, where ranks hold them cut; all of them have to ask."""
        whole = {
            name: {part: shards.whole(tensor).cpu() for part, tensor in parts.items()}
            for name, parts in self.parts.items()
        }
        return StoredImportance(self.storage, whole, self.error)

    def held(self, name: str) -> Held | None:
        """As `Storage.held`, of one parameter."""
        return self.storage.held(self.parts[name])

    def tensors(self) -> dict[str, Tensor]:
        """By name in an anchor's file: "importance.NAME", and "importance-PART.NAME" for what belongs to it."""
        return {
            f"importance.{name}" if part == VALUES else f"importance-{part}.{name}": tensor
            for name, parts in self.parts.items()
            for part, tensor in parts.items()
        }

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], names: Iterable[str], storage: Storage, error: float
    ) -> "StoredImportance":
        """What `tensors` gave. A part that is missing shows when it is decoded."""
        parts: dict[str, dict[str, Tensor]] = {name: {} for name in names}
        for key, tensor in tensors.items():
            kind, _, name = key.partition(".")
            if kind == "importance" or kind.startswith("importance-"):
                parts[name][kind.removeprefix("importance").removeprefix("-") or VALUES] = tensor
        return cls(storage, parts, error)


class DecodedImportance(Mapping[str, Tensor]):
    """Ω̂ by parameter name, fp32, made of its parts each time that it is looked up: a training phase that is held by the
    parts would otherwise hold it a second time, four times as wide as in 8 bits."""

    def __init__(
        self, storage: Storage, parts: Mapping[str, Mapping[str, Tensor]], shapes: Mapping[str, Sequence[int]]
    ) -> None:
        """
        Args:
            storage: the form
            parts: the parts of each tensor by parameter name
            shapes: of each tensor, by parameter name
        """
        self._storage = storage
        self._parts = parts
        self._shapes = shapes

    def __getitem__(self, name: str) -> Tensor:
        return self._storage.decode(self._parts[name], self._shapes[name])

    def __contains__(self, name: object) -> bool:
        return name in self._shapes

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)


def narrowed(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """fp32 tensors in bf16 where that holds every element of all to the bit, as it does the weights of a checkpoint that is
    in bf16; else as they are, and so are shards, of which other ranks hold the rest."""

    def fits(tensor: Tensor) -> bool:
        if shards.is_sharded(tensor) or tensor.dtype is not torch.float32:
            return False
        bits = tensor.detach().flatten().view(torch.int32)  # bf16 has the upper half of them.
        return not any((piece & 0xFFFF).any() for piece in bits.split(1 << 20))

    return {name: each.bfloat16() for name, each in tensors.items()} if all(map(fits, tensors.values())) else tensors


def relative_error(decoded: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> float:
    """Σ|Ω̂ − Ω| / ΣΩ: the share of the penalty's weight that lies in the wrong place. 0 where all Ω are 0.

    Not by squares: a few of the largest Ω would hide that all others are lost.
    """
    wrong = sum(_sum((decoded[name] - value).abs_()) for name, value in values.items())
    total = sum(_sum(value) for value in values.values())
    return wrong / total if total else 0.0


def _sum(tensor: Tensor) -> float:
    return float(shards.whole(tensor.sum(dtype=torch.float64)))


def _factors(rows: Tensor, counted: Tensor) -> dict[str, Tensor]:
    """Row means, and column means over the mean of all, of the elements where `counted` (1 or 0, broadcast) is 1."""
    counted = counted.expand_as(rows)
    rest = rows * counted
    row_means = rest.sum(1, dtype=torch.float64) / counted.sum(1, dtype=torch.float64).clamp_(min=1)
    column_means = rest.sum(0, dtype=torch.float64) / counted.sum(0, dtype=torch.float64).clamp_(min=1)
    mean = rest.sum(dtype=torch.float64) / counted.sum(dtype=torch.float64).clamp_(min=1)
    return {"rows": row_means.float(), "columns": (column_means / _positive(mean)).float()}


def _positive(scale: Tensor) -> Tensor:
    """1 in place of 0, where everything that is divided is 0 too."""
    return torch.where(scale > 0, scale, 1)


def _gaps(indices: Tensor) -> Tensor:
    """Ascending int64 indices as uint8 distances less 1, with 255 to go 255 on without naming an element."""
    distances = torch.diff(indices, prepend=indices.new_tensor([-1])) - 1
    skips = distances // 255
    ends = (skips + 1).cumsum(0)
    gaps = torch.full((int(ends[-1]),), 255, dtype=torch.uint8, device=indices.device)
    gaps[ends - 1] = (distances % 255).to(torch.uint8)
    return gaps


def _indices(gaps: Tensor) -> Tensor:
    """What `_gaps` was made of."""
    named = gaps != 255
    return (gaps.long() + named).cumsum(0)[named] - 1

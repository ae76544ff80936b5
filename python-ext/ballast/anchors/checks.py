"""Whether an anchor belongs to a model: names, shapes, hashes and spaces."""

import hashlib
from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from ballast.adapters.adapted import EFFECTIVE, FACTORS, PARAMETERS, AdaptedMatrix
from ballast.errors import InvalidInputError
from ballast.kernels import shards


def check_base_model(anchored: str | None, opened: str | None) -> None:
    if anchored is not None and opened is not None and anchored != opened:
        raise InvalidInputError(
            f"expected the base model that the anchor was made from (hash {anchored}), found another one (hash "
            f"{opened}): open that model, or measure a new anchor"
        )


def check_matrices(anchored: Mapping[str, Tensor], matrices: Sequence[AdaptedMatrix]) -> None:
    for matrix in matrices:
        expected = list(anchored[matrix.name].shape) if matrix.name in anchored else "no importance"
        if expected != list(matrix.shape):
            raise _other_model(matrix.name, expected, list(matrix.shape))


def check_shapes(anchored: Mapping[str, Tensor], parameters: Mapping[str, Tensor]) -> None:
    for name, tensor in anchored.items():
        found = list(parameters[name].shape) if name in parameters else "no such trainable parameter"
        if found != list(tensor.shape):
            raise _other_model(name, list(tensor.shape), found)
    for name, parameter in parameters.items():
        if name not in anchored:
            raise _other_model(name, "no such parameter", list(parameter.shape))


def check_hashes(anchored: Mapping[str, str], parameters: Mapping[str, Tensor]) -> None:
    for name, expected in anchored.items():
        found = sha256(parameters[name])
        if found != expected:
            raise _other_model(name, f"values with SHA-256 {expected}", f"SHA-256 {found}")


def is_effective(measured_in: str, model: nn.Module | None, wanted: str | None) -> bool:
    """Whether an anchor serves in the effective space.

    Raises:
        InvalidInputError: it was measured in a space that does not serve the one wanted.
    """
    with_adapter = model is not None and space_of(model) == FACTORS
    possible = measured_in == EFFECTIVE or (measured_in == PARAMETERS and with_adapter)
    if wanted is None:
        return possible
    if model is not None and possible != (wanted == EFFECTIVE):
        raise other_space(wanted, measured_in)
    return possible


def space_of(model: nn.Module) -> str:
    return FACTORS if hasattr(model, "peft_config") else PARAMETERS


def other_factor(name: str) -> str:
    """A's name from B's."""
    return name.replace(".lora_B.", ".lora_A.")


def other_space(wanted: str, found: str) -> InvalidInputError:
    other = FACTORS if wanted == EFFECTIVE else EFFECTIVE
    return InvalidInputError(
        f'retention.space: expected an anchor that serves in the space "{wanted}", found one that was measured in '
        f'"{found}": set retention.space to "{other}", or measure a new anchor'
    )


def _other_model(name: str, expected: object, found: object) -> InvalidInputError:
    return InvalidInputError(
        f"the anchor is of another model; the first mismatch is {name}: expected {expected} (the anchor), found "
        f"{found} (the model): open the model that the anchor was made from, or measure a new anchor"
    )


def sha256(tensor: Tensor) -> str:
    return hashlib.sha256(shards.whole(tensor.detach()).cpu().contiguous().numpy().data).hexdigest()

"""The anchor: all that a later phase needs to remember the general task."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ballast.adapted import EFFECTIVE, FACTORS, PARAMETERS, AdaptedMatrix, adapted_matrices
from ballast.errors import InvalidInputError
from ballast.importance import Importance, Layer, LayerWeights, weigh_layers
from ballast.layers import covered_parameters, group_layers

SCHEMA = 4
TENSORS = "anchor.safetensors"
METADATA = "anchor.json"
SEEN_TOKENS = "seenTokens"


@dataclass(frozen=True)
class Anchor:
    """θ*, Ω and α (arXiv 2501.13669), and how they came about.

    Ω is kept as measured; α and the scale that normalises α Ω stand beside it, so a phase may weigh the same Ω in
    another way.

    Attributes:
        measured: Ω by parameter name with Σω, the clamped share and ξ
        reference: θ* by parameter name, fp32; None where an anchor of the base was opened without a model
        reference_is_base: θ* is the untouched base, so a file holds its hashes in place of its values
        layer_weights: the layers with their norms and α
        model_bytes: size of the whole model's parameters, to set beside `bytes`
        seen_tokens: [vocabulary] bool: which tokens the general text had, None where that was not noted
        provenance: how it came about: "baseModel" (hash), "data" (hash), "recipe"
        space: what Ω is of. "parameters" and "factors": of the covered parameters. "effective": of the matrices that a
            LoRA adapter changes, under the names that the base model has for them; θ* then holds the adapter's factors
    """

    measured: Importance
    reference: Mapping[str, Tensor] | None
    reference_is_base: bool
    layer_weights: LayerWeights
    model_bytes: int
    seen_tokens: Tensor | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    space: str = PARAMETERS

    @classmethod
    def of(
        cls,
        model: nn.Module,
        measured: Importance,
        reference: Mapping[str, Tensor],
        reference_is_base: bool,
        layer_coefficients: str,
        layers: str,
        normalize: str,
        seen_tokens: Tensor | None = None,
    ) -> "Anchor":
        """What was measured on a model, with its layers weighed.

        Args:
            model: as `layers.group_layers` takes it
            measured: Ω of its covered parameters, or of base weights under a LoRA adapter
            reference: θ* by parameter name
            reference_is_base: whether θ* is where the model was opened
            layer_coefficients: as in `importance.layer_coefficients`
            layers: "block" or "parameter"
            normalize: "mean" or "none"
            seen_tokens: [vocabulary] bool, or None

        Raises:
            InvalidInputError: an unknown setting, or importance that is 0 everywhere.
        """
        groups = group_layers(model, measured.values, layers)
        weights = weigh_layers(measured.values, groups, layer_coefficients, normalize)
        model_bytes = sum(parameter.nbytes for parameter in model.parameters())
        space = EFFECTIVE if measured.values.keys() != reference.keys() else _space_of(model)
        return cls(measured, reference, reference_is_base, weights, model_bytes, seen_tokens, space=space)

    @property
    def importance(self) -> Mapping[str, Tensor]:
        """Ω by parameter name, fp32, the shape of its parameter."""
        return self.measured.values

    @property
    def bytes(self) -> int:
        """Size of the tensors that a saved anchor holds."""
        return sum(tensor.nbytes for tensor in self._stored().values())

    def describe(self) -> dict[str, Any]:
        """What result.json says about importance, as far as it is known here."""
        return {
            "method": self.measured.method,
            "bytes": self.bytes,
            "modelBytes": self.model_bytes,
            "sumOmega": self.measured.sum_omega,
            "clampedShare": self.measured.clamped_share,
            "xi": self.measured.xi,
            "samples": self.measured.samples,
            "alphaEntropy": self.layer_weights.alpha_entropy,
            "layers": [
                {"name": layer.name, "parameters": layer.elements, "norm": layer.norm, "rms": layer.rms,
                 "alpha": layer.alpha}
                for layer in self.layer_weights.layers
            ],
        }  # fmt: skip

    def reference_for(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """θ* for a model's covered parameters, after comparing names and shapes.

        Raises:
            InvalidInputError: they are another model's (names the first mismatch), or this anchor was opened without
                the model that is its reference.
        """
        if self.space != EFFECTIVE:
            _check_shapes(self.importance, parameters)
        if self.reference is None:
            raise InvalidInputError(
                "expected an anchor with its reference, found one whose reference is the base and that was opened "
                "without a model: open it with the base model"
            )
        _check_shapes(self.reference, parameters)
        return self.reference

    def effective_importance_for(self, matrices: Sequence[AdaptedMatrix]) -> Mapping[str, Tensor]:
        """Ω of a LoRA adapter's matrices by name, after comparing names and shapes; what else was measured is left out.

        Raises:
            InvalidInputError: the anchor is in another space, or of another base.
        """
        if self.space != EFFECTIVE:
            raise _other_space(EFFECTIVE, self.space)
        _check_matrices(self.importance, matrices)
        return {matrix.name: self.importance[matrix.name] for matrix in matrices}

    def restore(self, model: nn.Module) -> None:
        """Puts the model's covered parameters to θ*, so that a phase starts as if the general one had just ended.

        Raises:
            InvalidInputError: as `reference_for`.
        """
        parameters = covered_parameters(model)
        for name, value in self.reference_for(parameters).items():
            parameters[name].detach().copy_(value)

    def weighed(self, model: nn.Module, layer_coefficients: str, layers: str, normalize: str) -> "Anchor":
        """This anchor with its layers weighed anew, settings as in `of`."""
        groups = group_layers(model, self.importance, layers)
        return replace(self, layer_weights=weigh_layers(self.importance, groups, layer_coefficients, normalize))

    def save(self, folder: str | os.PathLike[str], provenance: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Writes `anchor.safetensors` and then `anchor.json` into `folder`, each under a temporary name first.

        The metadata comes last and tells the size of the tensors' file: a folder without the one, or with another size
        of the other, is half-written.

        Args:
            folder: made where it does not exist; an anchor in it is replaced
            provenance: JSON values; "baseModel" is compared when the anchor is opened
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / METADATA).unlink(missing_ok=True)
        partial = folder / (TENSORS + ".partial")
        save_file(self._stored(), partial)
        metadata = self._metadata(partial.stat().st_size, provenance)
        os.replace(partial, folder / TENSORS)
        partial = folder / (METADATA + ".partial")
        partial.write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
        os.replace(partial, folder / METADATA)

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        model: nn.Module | None = None,
        base_model: str | None = None,
        space: str | None = None,
    ) -> "Anchor":
        """Reads an anchor and checks it against a model.

        An anchor from full fine-tuning serves a LoRA adapter on the same base in the effective space: Ω of the adapted
        matrices is used, the rest ignored, and θ* is the adapter as it stands, since it cannot reach where full
        fine-tuning ended without another base under it.

        Args:
            folder: what `save` wrote
            model: the model to be anchored, freshly opened: where the anchor's reference is the base, that is this
                model as it stands now. Without a model nothing is checked.
            base_model: hash of the model's files, compared with the provenance's "baseModel" where both are known
            space: "factors" or "effective", as `PhaseSettings` has it; None takes what anchor and model are

        Raises:
            InvalidInputError: no anchor, a half-written one, one of another model (names the first mismatch), or one of
                another space.
        """
        folder = Path(folder)
        metadata = _read_metadata(folder)
        _check_base_model(metadata["provenance"].get("baseModel"), base_model)
        tensors = _read_tensors(folder, metadata["tensorBytes"])
        importance = _with_prefix(tensors, "importance.")
        reference = _with_prefix(tensors, "reference.") or None
        hashes, measured_in, is_base = metadata["referenceHashes"], metadata["space"], reference is None
        effective = _is_effective(measured_in, model, space)
        if model is not None:
            parameters = covered_parameters(model)
            if effective:
                _check_matrices(importance, adapted_matrices(model))
                if measured_in == PARAMETERS:
                    reference, hashes, is_base = None, {}, True
            else:
                _check_shapes(importance, parameters)
            if reference is None:
                _check_hashes(hashes, parameters)
                reference = {name: parameter.detach().clone() for name, parameter in parameters.items()}
            else:
                _check_shapes(reference, parameters)
        return cls(
            measured=Importance(importance, **metadata["measured"]),
            reference=reference,
            reference_is_base=is_base,
            layer_weights=_layer_weights(metadata["layerWeights"]),
            model_bytes=metadata["modelBytes"],
            seen_tokens=tensors.get(SEEN_TOKENS),
            provenance=metadata["provenance"],
            space=EFFECTIVE if effective else measured_in,
        )

    def _stored(self) -> dict[str, Tensor]:
        stored = {f"importance.{name}": tensor for name, tensor in self.importance.items()}
        if not self.reference_is_base:
            stored |= {f"reference.{name}": tensor for name, tensor in self.reference.items()}
        if self.seen_tokens is not None:
            stored[SEEN_TOKENS] = self.seen_tokens
        return stored

    def _metadata(self, tensor_bytes: int, provenance: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "storage": "float32",
            "space": self.space,
            "provenance": dict(provenance),
            "measured": self.measured.facts(),
            "layerWeights": asdict(self.layer_weights),
            "modelBytes": self.model_bytes,
            "tensorBytes": tensor_bytes,
            "shapes": {name: list(tensor.shape) for name, tensor in self.importance.items()},
            "referenceHashes": self._reference_hashes(),
        }

    def _reference_hashes(self) -> dict[str, str]:
        """Of what the reference is, where that is the base. Under an adapter that has not begun (B = 0) A is random and
        changes nothing: any will do."""
        if not self.reference_is_base:
            return {}
        idle = set()
        if self.space == EFFECTIVE:
            idle = {_other_factor(name) for name, tensor in self.reference.items() if not tensor.any()}
        return {name: _sha256(tensor) for name, tensor in self.reference.items() if name not in idle}


def _read_metadata(folder: Path) -> dict[str, Any]:
    path = folder / METADATA
    if not path.is_file():
        if any(folder.glob(TENSORS + "*")):
            raise _half_written(folder, f"there is no {METADATA}")
        raise InvalidInputError(f"expected an anchor ({METADATA} and {TENSORS}), found neither in {folder}")
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as broken:
        raise _half_written(folder, f"{METADATA} is not JSON ({broken})") from broken
    if metadata.get("schema") != SCHEMA:
        raise InvalidInputError(
            f'expected "schema": {SCHEMA} in {path}, found {metadata.get("schema")}: measure a new anchor, or use the '
            "version of Ballast that made this one"
        )
    return metadata


def _read_tensors(folder: Path, expected_bytes: int) -> dict[str, Tensor]:
    path = folder / TENSORS
    found_bytes = path.stat().st_size if path.is_file() else 0
    if found_bytes != expected_bytes:
        raise _half_written(folder, f"{TENSORS} should have {expected_bytes} bytes and has {found_bytes}")
    try:
        return load_file(path)
    except SafetensorError as broken:
        raise _half_written(folder, f"{TENSORS} cannot be read ({broken})") from broken


def _half_written(folder: Path, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"expected a complete anchor, found a half-written or damaged one in {folder}: {why}; measure it again"
    )


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _layer_weights(stored: Mapping[str, Any]) -> LayerWeights:
    layers = tuple(Layer(**(layer | {"parameters": tuple(layer["parameters"])})) for layer in stored["layers"])
    return LayerWeights(**(dict(stored) | {"layers": layers}))


def _check_base_model(anchored: str | None, opened: str | None) -> None:
    if anchored is not None and opened is not None and anchored != opened:
        raise InvalidInputError(
            f"expected the base model that the anchor was made from (hash {anchored}), found another one (hash "
            f"{opened}): open that model, or measure a new anchor"
        )


def _space_of(model: nn.Module) -> str:
    return FACTORS if hasattr(model, "peft_config") else PARAMETERS


def _is_effective(measured_in: str, model: nn.Module | None, wanted: str | None) -> bool:
    """Whether an anchor serves in the effective space.

    Raises:
        InvalidInputError: it was measured in a space that does not serve the one wanted.
    """
    with_adapter = model is not None and _space_of(model) == FACTORS
    possible = measured_in == EFFECTIVE or (measured_in == PARAMETERS and with_adapter)
    if wanted is None:
        return possible
    if model is not None and possible != (wanted == EFFECTIVE):
        raise _other_space(wanted, measured_in)
    return possible


def _other_factor(name: str) -> str:
    """A's name from B's."""
    return name.replace(".lora_B.", ".lora_A.")


def _other_space(wanted: str, found: str) -> InvalidInputError:
    other = FACTORS if wanted == EFFECTIVE else EFFECTIVE
    return InvalidInputError(
        f'retention.space: expected an anchor that serves in the space "{wanted}", found one that was measured in '
        f'"{found}": set retention.space to "{other}", or measure a new anchor'
    )


def _check_matrices(anchored: Mapping[str, Tensor], matrices: Sequence[AdaptedMatrix]) -> None:
    for matrix in matrices:
        expected = list(anchored[matrix.name].shape) if matrix.name in anchored else "no importance"
        if expected != list(matrix.weight.shape):
            raise _other_model(matrix.name, expected, list(matrix.weight.shape))


def _check_shapes(anchored: Mapping[str, Tensor], parameters: Mapping[str, Tensor]) -> None:
    for name, tensor in anchored.items():
        found = list(parameters[name].shape) if name in parameters else "no such trainable parameter"
        if found != list(tensor.shape):
            raise _other_model(name, list(tensor.shape), found)
    for name, parameter in parameters.items():
        if name not in anchored:
            raise _other_model(name, "no such parameter", list(parameter.shape))


def _check_hashes(anchored: Mapping[str, str], parameters: Mapping[str, Tensor]) -> None:
    for name, expected in anchored.items():
        found = _sha256(parameters[name])
        if found != expected:
            raise _other_model(name, f"values with SHA-256 {expected}", f"SHA-256 {found}")


def _other_model(name: str, expected: object, found: object) -> InvalidInputError:
    return InvalidInputError(
        f"the anchor is of another model; the first mismatch is {name}: expected {expected} (the anchor), found "
        f"{found} (the model): open the model that the anchor was made from, or measure a new anchor"
    )


def _sha256(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.detach().cpu().contiguous().numpy().data).hexdigest()

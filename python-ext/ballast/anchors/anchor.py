"""The anchor: all that a later phase needs to remember the general task."""

import functools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor, nn

from ballast import ranks
from ballast.adapters.adapted import EFFECTIVE, PARAMETERS, AdaptedMatrix, adapted_matrices
from ballast.anchors.checks import (
    check_base_model,
    check_hashes,
    check_matrices,
    check_shapes,
    is_effective,
    other_factor,
    other_space,
    sha256,
    space_of,
)
from ballast.anchors.files import (
    METADATA,
    SCHEMA,
    SEEN_TOKENS,
    TENSORS,
    decode,
    hash_of,
    layer_weights,
    read_metadata,
    read_tensors,
    told_as_damaged,
    with_prefix,
)
from ballast.disk import explained_disk_errors
from ballast.errors import InvalidInputError
from ballast.importance import Importance, LayerWeights, weigh_layers
from ballast.importance.distribution import Distribution
from ballast.importance.merging import SEPARATE, merged_importance, merged_reference, merged_seen_tokens
from ballast.importance.storage import DecodedImportance, Float32, Storage, StoredImportance, narrowed
from ballast.kernels import Held, shards
from ballast.models import checkpoints
from ballast.models.layers import covered_parameters, group_layers


@dataclass(frozen=True)
class Anchor:
    """θ*, Ω and α (arXiv 2501.13669), and how they came about.

    Ω is as measured, or as its storage gives it back (`stored_as`); α and the scale that normalises α Ω stand
    beside it, so a phase may weigh the same Ω in another way.

    Attributes:
        measured: Ω by parameter name with Σω, the clamped share and ξ
        reference: θ* by parameter name, fp32, or bf16 where it is a base that bf16 holds to the bit; None where an anchor
            of the base was opened without a model
        reference_is_base: θ* is the untouched base, so a file holds its hashes in place of its values
        layer_weights: the layers with their norms and α
        model_bytes: size of the whole model's parameters, to set beside `bytes`
        seen_tokens: [vocabulary] bool: which tokens the general text had, None where that was not noted
        provenance: how it came about: "baseModel" (hash), "data" (hash), "recipe"
        space: what Ω is of. "parameters" and "factors": of the covered parameters. "effective": of the matrices that a
            LoRA adapter changes, under the names that the base model has for them; θ* then holds the adapter's factors
        stored: Ω as it lies in the file, of which `measured` has what is read back; None for float32
        base_hashes: where the reference is the base and the anchor was opened: the base's hashes by parameter name
    """

    measured: Importance
    reference: Mapping[str, Tensor] | None
    reference_is_base: bool
    layer_weights: LayerWeights
    model_bytes: int
    seen_tokens: Tensor | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    space: str = PARAMETERS
    stored: StoredImportance | None = None
    base_hashes: Mapping[str, str] | None = None

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
        weights = weigh_layers(measured.values, groups, layer_coefficients, normalize, measured.sums)
        model_bytes = sum(parameter.nbytes for parameter in model.parameters())
        space = EFFECTIVE if measured.values.keys() != reference.keys() else space_of(model)
        reference = narrowed(reference) if reference_is_base else reference
        return cls(measured, reference, reference_is_base, weights, model_bytes, seen_tokens, space=space)

    @property
    def importance(self) -> Mapping[str, Tensor]:
        """Ω by parameter name, fp32, the shape of its parameter."""
        return self.measured.values

    def held_importance(self) -> Mapping[str, Held]:
        """Ω by parameter name as narrow as it is stored, where the kernels can read that."""
        if self.stored is None:
            return self.importance
        held = {name: self.stored.held(name) for name in self.importance}
        return {name: self.importance[name] if each is None else each for name, each in held.items()}

    @property
    def bytes(self) -> int:
        """Size of the tensors that a saved anchor holds: Ω as stored, and θ* unless that is the base."""
        return sum(tensor.nbytes for tensor in self._tensors().values())

    def stored_as(self, storage: Storage) -> "Anchor":
        """The anchor that `save` and `load` would make of this one under a storage: its Ω is what that gives back.

        A phase is held by what is stored, so that a result shows what the storage costs. α is made anew from it.
        """
        stored, decoded = StoredImportance.of(self.importance, storage)
        return replace(
            self, measured=replace(self.measured, values=decoded), layer_weights=self._weighed(decoded), stored=stored
        )

    @classmethod
    def merged(cls, anchors: Sequence["Anchor"], rule: str, decay: float | None = None) -> "Anchor":
        """One anchor out of several of one base model, in the order in which they were made.

        θ* is the latest's, as in online EWC (Schwarz et al. 2018, arXiv 1805.06370): what was learned last stands where
        the model stands; only "separate" has a θ* between all, which is exact where every layer weighs alike (α = 1). α
        is made anew from the merged Ω, as the latest's was.

        Where the latest normalises ("mean"), each task's Ω is brought to mean 1 first, so that all have the same say: the
        path integral of a phase with larger steps is smaller by their square. With "none" Ω is merged as measured.

        Args:
            anchors: one or more
            rule: as in `merging.merged_importance`
            decay: γ of the rule "decay"

        Raises:
            InvalidInputError: none, or they are of different base models, parameters, shapes or kinds of importance; an
                unknown rule, or a γ that is missing or out of [0, 1]; "separate" for the effective space, whose penalty
                is no square of A and B, or for anchors that do not hold their θ*.
        """
        if not anchors:
            raise InvalidInputError("expected at least one anchor to merge, found none")
        latest = anchors[-1]
        for anchor in anchors[:-1]:
            check_base_model(anchor.provenance.get("baseModel"), latest.provenance.get("baseModel"))
            check_shapes(anchor.importance, latest.importance)
            if anchor.space != latest.space:
                raise other_space(latest.space, anchor.space)
        measured = [anchor.measured for anchor in anchors]
        if latest.layer_weights.normalize != "none" and len(anchors) > 1:
            measured = [one.over_its_mean() for one in measured]
        merged = merged_importance(measured, rule, decay)
        if rule == SEPARATE and len(anchors) > 1:
            latest = latest._between(anchors, measured)
        return replace(
            latest,
            measured=merged,
            layer_weights=latest._weighed(merged.values),
            seen_tokens=merged_seen_tokens([anchor.seen_tokens for anchor in anchors]),
            provenance=_merged_provenance(anchors, rule, decay),
            stored=None,
        )

    def describe(self) -> dict[str, Any]:
        """What result.json says about importance, as far as it is known here."""
        return {
            "method": self.measured.method,
            "bytes": self.bytes,
            "importanceBytes": self._as_stored.bytes,
            "modelBytes": self.model_bytes,
            "storage": self._as_stored.storage.kind,
            "storageError": self._as_stored.error,
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
            check_shapes(self.importance, parameters)
        if self.reference is None:
            raise InvalidInputError(
                "expected an anchor with its reference, found one whose reference is the base and that was opened "
                "without a model: open it with the base model"
            )
        check_shapes(self.reference, parameters)
        return self.reference

    def of_adapted(self, matrices: Sequence[AdaptedMatrix]) -> "Anchor":
        """This anchor of a LoRA adapter's matrices alone, its layers weighed anew.

        Raises:
            InvalidInputError: as `effective_importance_for`.
        """
        values = self.effective_importance_for(matrices)
        return replace(
            self, measured=replace(self.measured, values=values), layer_weights=self._weighed(values), stored=None
        )

    def effective_importance_for(self, matrices: Sequence[AdaptedMatrix]) -> Mapping[str, Tensor]:
        """Ω of a LoRA adapter's matrices by name, after comparing names and shapes; what else was measured is left out.

        Raises:
            InvalidInputError: the anchor is in another space, or of another base.
        """
        if self.space != EFFECTIVE:
            raise other_space(EFFECTIVE, self.space)
        check_matrices(self.importance, matrices)
        return {matrix.name: self.importance[matrix.name] for matrix in matrices}

    def restore(self, model: nn.Module) -> None:
        """Puts the model's covered parameters to θ*, so that a phase starts as if the general one had just ended.

        Raises:
            InvalidInputError: as `reference_for`.
        """
        parameters = covered_parameters(model)
        for name, value in self.reference_for(parameters).items():
            parameters[name].detach().copy_(shards.like(value, parameters[name]))

    def weighed(self, model: nn.Module, layer_coefficients: str, layers: str, normalize: str) -> "Anchor":
        """This anchor with its layers weighed anew, settings as in `of`."""
        groups = group_layers(model, self.importance, layers)
        return replace(self, layer_weights=weigh_layers(self.importance, groups, layer_coefficients, normalize))

    def save(self, folder: str | os.PathLike[str], provenance: Mapping[str, Any] | None = None) -> None:
        """Writes `anchor.safetensors` and then `anchor.json` into `folder`, each under a temporary name first.

        The metadata comes last and tells the size of the tensors' file and its SHA-256: a folder without the one, or
        with another size of the other, is half-written.

        Of an anchor made on several ranks all of them call this, and the first one writes it, whole.

        Args:
            folder: made where it does not exist; an anchor in it is replaced
            provenance: JSON values in place of the anchor's own; "baseModel" is compared when the anchor is opened
        """
        whole = self._gathered()
        if ranks.is_first():
            with explained_disk_errors(Path(folder)):
                whole._save(Path(folder), self.provenance if provenance is None else provenance)

    def _save(self, folder: Path, provenance: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / METADATA).unlink(missing_ok=True)
        with _made_whole(folder / TENSORS) as partial:
            save_file(self._tensors(), partial)
            metadata = self._metadata(partial.stat().st_size, hash_of(partial), provenance)
        with _made_whole(folder / METADATA) as partial:
            partial.write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
        checkpoints.give_usual_mode(folder)

    @classmethod
    def load(
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
        with told_as_damaged(Path(folder)):
            return cls._read(Path(folder), model, base_model, space)

    @classmethod
    def _read(cls, folder: Path, model: nn.Module | None, base_model: str | None, space: str | None) -> "Anchor":
        metadata = read_metadata(folder)
        check_base_model(metadata["provenance"].get("baseModel"), base_model)
        tensors = read_tensors(folder, metadata["tensorBytes"], metadata.get("tensorHash"))
        stored, importance = decode(folder, tensors, metadata)
        reference = with_prefix(tensors, "reference.") or None
        hashes, measured_in, is_base = metadata["referenceHashes"], metadata["space"], reference is None
        effective = is_effective(measured_in, model, space)
        if model is not None:
            parameters = covered_parameters(model)
            if effective:
                check_matrices(importance, adapted_matrices(model))
                if measured_in == PARAMETERS:
                    reference, hashes, is_base = None, {}, True
            else:
                check_shapes(importance, parameters)
                if any(map(shards.is_sharded, parameters.values())):
                    stored = stored.cut_as(parameters)
                    importance = DecodedImportance(stored.storage, stored.parts, metadata["shapes"])
            if reference is None:
                check_hashes(hashes, parameters)
                reference = narrowed({name: parameter.detach().clone() for name, parameter in parameters.items()})
            else:
                check_shapes(reference, parameters)
        return cls(
            measured=Importance(importance, **metadata["measured"]),
            reference=reference,
            reference_is_base=is_base,
            layer_weights=layer_weights(metadata["layerWeights"]),
            model_bytes=metadata["modelBytes"],
            seen_tokens=tensors.get(SEEN_TOKENS),
            provenance=metadata["provenance"],
            space=EFFECTIVE if effective else measured_in,
            stored=stored,
            base_hashes=hashes or None,
        )

    def _gathered(self) -> "Anchor":
        """This anchor with whole tensors, where it was made on several ranks; all of them have to ask."""
        if not any(shards.is_sharded(value) for value in self.importance.values()):
            return self
        stored = self._as_stored.gathered()
        values = DecodedImportance(stored.storage, stored.parts, {name: each.shape for name, each in self.importance.items()})
        reference = {name: shards.whole(value).cpu() for name, value in self.reference.items()}
        return replace(self, measured=replace(self.measured, values=values), stored=stored, reference=reference)

    @functools.cached_property
    def _as_stored(self) -> StoredImportance:
        return self.stored or StoredImportance.of(self.importance, Float32())[0]

    def _between(self, anchors: Sequence["Anchor"], measured: Sequence[Importance]) -> "Anchor":
        """This anchor with a θ* that stands for those of all, weighed by what was measured of each."""
        if self.space == EFFECTIVE:
            raise InvalidInputError(
                'expected a rule other than "separate" for anchors of the effective space, whose θ* is a product of two '
                'factors: use "sum"'
            )
        reference = merged_reference(measured, [anchor.reference for anchor in anchors])
        return replace(self, reference=reference, reference_is_base=False, base_hashes=None)

    def _weighed(self, values: Mapping[str, Tensor]) -> LayerWeights:
        """The layers of these Ω, in the same groups and by the same rules as now; a layer without any is left out."""
        weights = self.layer_weights
        groups = {layer.name: [name for name in layer.parameters if name in values] for layer in weights.layers}
        groups = {name: parameters for name, parameters in groups.items() if parameters}
        return weigh_layers(values, groups, weights.kind, weights.normalize)

    def _tensors(self) -> dict[str, Tensor]:
        tensors = self._as_stored.tensors()
        if not self.reference_is_base:
            tensors |= {f"reference.{name}": tensor for name, tensor in self.reference.items()}
        if self.seen_tokens is not None:
            tensors[SEEN_TOKENS] = self.seen_tokens
        return tensors

    def _distribution(self) -> dict[str, Any]:
        """How Ω is spread, for people who look at an anchor without opening its tensors."""
        tensors = {name: Distribution.of([values]) for name, values in self.importance.items()}
        layers = {
            layer.name: Distribution.sum(tensors[name] for name in layer.parameters)
            for layer in self.layer_weights.layers
        }
        modules: dict[str, list[Distribution]] = {}
        for name, tensor in tensors.items():
            modules.setdefault(name.rpartition(".")[0], []).append(tensor)
        spreads = ((name, Distribution.sum(parts)) for name, parts in modules.items())
        by_mean = sorted(spreads, key=lambda module: -module[1].mean)
        return {
            **_spread(Distribution.sum(layers.values())),
            "layers": [{"name": name, **_spread(layer)} for name, layer in layers.items()],
            "modules": [{"name": name, "elements": each.elements, **_spread(each)} for name, each in by_mean],
        }

    def _metadata(self, tensor_bytes: int, tensor_hash: str, provenance: Mapping[str, Any]) -> dict[str, Any]:
        stored = self._as_stored
        return {
            "schema": SCHEMA,
            "space": self.space,
            "storage": {**stored.storage.facts(), "error": stored.error, "bytes": stored.bytes},
            "provenance": dict(provenance),
            "measured": self.measured.facts(),
            "layerWeights": asdict(self.layer_weights),
            "modelBytes": self.model_bytes,
            "tensorBytes": tensor_bytes,
            "tensorHash": tensor_hash,
            "shapes": {name: list(tensor.shape) for name, tensor in self.importance.items()},
            "referenceHashes": self._reference_hashes(),
            "distribution": self._distribution(),
        }

    def _reference_hashes(self) -> dict[str, str]:
        """Of what the reference is, where that is the base. Under an adapter that has not begun (B = 0) A is random and
        changes nothing: any will do."""
        if not self.reference_is_base:
            return {}
        if self.base_hashes is not None:
            return dict(self.base_hashes)
        idle = set()
        if self.space == EFFECTIVE:
            idle = {other_factor(name) for name, tensor in self.reference.items() if not tensor.any()}
        return {name: sha256(tensor.float()) for name, tensor in self.reference.items() if name not in idle}


@contextmanager
def _made_whole(file: Path) -> Iterator[Path]:
    """Where a file is written before it gets its name; on a full disk the half of it takes no room."""
    partial = file.with_name(file.name + ".partial")
    try:
        yield partial
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)


def _merged_provenance(anchors: Sequence[Anchor], rule: str, decay: float | None) -> Mapping[str, Any]:
    """What all have in common, and then each; the one's own where there is only one."""
    first, *others = (anchor.provenance for anchor in anchors)
    if not others:
        return first
    common = {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}
    return common | {"merged": {"rule": rule, "decay": decay, "of": [dict(anchor.provenance) for anchor in anchors]}}


def _spread(distribution: Distribution) -> dict[str, float]:
    return {
        "mean": distribution.mean,
        "zeroShare": distribution.zero_share,
        "topPercentShare": distribution.share_of_largest(0.01),
    }

"""Less forgetting without training again: a trained model is moved part of its way back."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from ballast import adapters, kernels
from ballast.adapters.adapted import EFFECTIVE
from ballast.anchors import Anchor
from ballast.errors import InvalidInputError
from ballast.importance import weigh_layers
from ballast.models import OpenedModel
from ballast.models.layers import covered_parameters, group_layers

WISE_FT = "wise-ft"
LINES = "lines"
SHRINK = "shrink"
METHODS = (WISE_FT, LINES, SHRINK)


def soften(
    opened: OpenedModel,
    method: str,
    strength: float,
    base: OpenedModel | None,
    anchor: Anchor | None,
    layer_coefficients: str,
    layers: str,
    normalize: str,
) -> None:
    """Moves a trained model part of its way back, in place.

    "wise-ft" and "lines" go back to the base model, as their papers do; "shrink" goes back to the anchor's θ*. With an
    adapter the first two scale the update of each weight, exactly: B is scaled. DoRA's lengths are interpolated beside
    it, so its path between base and trained model is not straight, and its ends are those two.

    Args:
        opened: the trained model, whole or with an adapter
        method: one of METHODS
        strength: κ: 0 to 1 for "wise-ft" and "lines", 1 leaving all as it is; from 0 for "shrink", 0 leaving all as is
        base: the base model, for "wise-ft" and "lines" of a model that was trained whole
        anchor: for "shrink", of this model
        layer_coefficients: for "shrink": as in `importance.layer_coefficients`
        layers: for "shrink": "block" or "parameter"
        normalize: for "shrink": "mean" or "none"

    Raises:
        InvalidInputError: an unknown method, a strength out of its bounds, or what the method needs is not there.
    """
    _check(opened, method, strength, base, anchor)
    opened.model.eval()
    if method == SHRINK:
        shrink(opened.model, anchor, strength, layer_coefficients, layers, normalize)
        return
    if opened.folded:
        _onto_the_original_base(opened)
    if method == WISE_FT:
        scales = {name: strength for name, _ in opened.model.named_parameters()}
    else:
        scales = lines_scales(opened.model, strength)
    if opened.adapter is None:
        interpolate(covered_parameters(opened.model), covered_parameters(base.model), scales)
    else:
        _scale_adapter(opened.model, scales)


def lines_scales(model: nn.Module, shallow: float) -> dict[str, float]:
    """How much of its update each parameter keeps under LiNeS (Wang et al. 2024, arXiv 2410.17146), by name.

    Block l of L, from 1, keeps γ + (1 − γ)(l − 1)/(L − 1): the paper's α + β(l − 1)/(L − 1) with α = γ and β = 1 − γ, its
    setting for one task. What is in no block (embedding, final norm, head) keeps γ, as in the released code. The only
    block of a model that has one is its last.

    Args:
        model: a PEFT wrapper is fine
        shallow: γ
    """
    groups = group_layers(model, [name for name, _ in model.named_parameters()], "block")
    last = sum(layer.startswith("block.") for layer in groups) - 1
    scales = {}
    for layer, names in groups.items():
        kind, _, number = layer.partition(".")
        depth = (int(number) / last if last else 1.0) if kind == "block" else 0.0
        scales |= dict.fromkeys(names, shallow + (1 - shallow) * depth)
    return scales


@torch.no_grad()
def interpolate(parameters: Mapping[str, Tensor], base: Mapping[str, Tensor], scales: Mapping[str, float]) -> None:
    """θ ← θ_base + κ (θ − θ_base) in place: WiSE-FT (Wortsman et al. 2022, arXiv 2109.01903) where every κ is the same.

    Args:
        parameters: θ by name
        base: by the same names
        scales: κ by name

    Raises:
        InvalidInputError: the base is another model (names the first mismatch).
    """
    for name, parameter in parameters.items():
        if name not in base or base[name].shape != parameter.shape:
            found = list(base[name].shape) if name in base else "no such parameter"
            raise InvalidInputError(
                f"expected the base model that was trained, found another one: {name} is {list(parameter.shape)} in the "
                f"trained model and {found} in the base"
            )
        parameter.copy_(torch.lerp(base[name].to(parameter), parameter, scales[name]))


@torch.no_grad()
def shrink(
    model: nn.Module, anchor: Anchor, strength: float, layer_coefficients: str, layers: str, normalize: str
) -> None:
    """θ ← θ* + (θ − θ*) / (1 + κ α Ω) in place: the more important a parameter, the further back it goes.

    It is the proximal operator of ½ κ Σ α Ω (θ − θ*)². With an adapter θ are its factors: not for an anchor of the
    effective space, whose shrunk product would be no product of two small factors any more.

    Args:
        model: trained
        anchor: of its covered parameters
        strength: κ
        layer_coefficients: how α is made of the anchor's Ω
        layers: "block" or "parameter"
        normalize: "mean": α Ω has mean 1; "none": as measured
    """
    parameters = covered_parameters(model)
    reference = anchor.reference_for(parameters)
    groups = group_layers(model, parameters, layers)
    coefficients = weigh_layers(anchor.importance, groups, layer_coefficients, normalize).coefficients()
    device = next(iter(parameters.values())).device
    kernels.proximal_step(
        list(parameters.values()),
        [reference[name].to(device) for name in parameters],
        [anchor.importance[name].to(device) for name in parameters],
        strengths=[strength / 2 * coefficients[name] for name in parameters],
        learning_rate=1.0,
        gate=torch.zeros((), dtype=torch.int32, device=device),
    )


def _check(
    opened: OpenedModel, method: str, strength: float, base: OpenedModel | None, anchor: Anchor | None
) -> None:
    if method not in METHODS:
        raise InvalidInputError(f'expected a method out of {", ".join(METHODS)}, found "{method}"')
    if not (0 <= strength if method == SHRINK else 0 <= strength <= 1):
        bounds = "at least 0" if method == SHRINK else "from 0 (the base model) to 1 (the trained model)"
        raise InvalidInputError(f"expected a strength of {bounds} for {method}, found {strength}")
    if method == SHRINK and anchor is None:
        raise InvalidInputError(
            "expected an anchor for shrink, found none: it goes by the importance of a general phase; use wise-ft or "
            "lines, which need nothing"
        )
    if method == SHRINK and anchor.space == EFFECTIVE:
        raise InvalidInputError(
            "expected an anchor of the parameters or of an adapter's factors for shrink, found one of the effective space: "
            "s(BA − B*A*) with each element over its own 1 + κ α Ω is of no low rank, so that no adapter holds it; use "
            'wise-ft or lines, or measure with retention.space "factors"'
        )
    if method == SHRINK and opened.former:
        raise InvalidInputError(
            "expected the adapter that the anchor was made with, found one that was started afresh for the domain (as "
            "olora does): shrink cannot be applied; use wise-ft or lines"
        )
    if method != SHRINK and opened.adapter is None and base is None:
        raise InvalidInputError(f"expected the base model for {method}, found none")
    if method != SHRINK and opened.adapter is not None and opened.adapter["kind"] == adapters.OSF:
        raise InvalidInputError(
            f"expected an adapter whose update is one product, found osf, whose factors hold no scale of it: {method} "
            "cannot be applied; use shrink, or another kind of adapter"
        )


def _onto_the_original_base(opened: OpenedModel) -> None:
    """What the base's weights hold beside their own belongs to the update: as a file it is LoRA, whose B can be scaled."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "adapter"
        opened.save(saved)
        dtype = str(opened.dtype).removeprefix("torch.")
        plain = adapters.open_model(str(saved), dtype, str(opened.device), False, 0)
    opened.model, opened.adapter = plain.model.eval(), plain.adapter
    opened.folded, opened.former = [], 0


@torch.no_grad()
def _scale_adapter(model: nn.Module, scales: Mapping[str, float]) -> None:
    for name, parameter in covered_parameters(model).items():
        if ".lora_B." in name or ".lora_embedding_B." in name:
            parameter.mul_(scales[name])
        elif ".lora_magnitude_vector." in name:
            layer = model.get_submodule(name.partition(".lora_magnitude_vector.")[0])
            weight = layer.get_base_layer().weight
            length = torch.linalg.norm(weight.T if layer.fan_in_fan_out else weight, dim=1)  # [out] of W [out, in]
            parameter.copy_(torch.lerp(length, parameter, scales[name]))
        elif ".lora_A." not in name and ".lora_embedding_A." not in name:
            raise InvalidInputError(f"expected an adapter of LoRA alone, found the trained parameter {name}")

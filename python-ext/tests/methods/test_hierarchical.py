import pytest
import torch
from phases import measured_anchor, retain, tiny_model

from ballast import InvalidInputError, group_layers, layer_coefficients


@pytest.fixture(scope="module")
def anchor():
    """Of the tied Llama as it stands after a short general phase; scaled α over blocks."""
    return measured_anchor(tiny_model())


def penalty_of(model, anchor, **changes):
    return retain("hierarchical", model, anchor, **changes)


def test_without_an_anchor_it_says_where_one_comes_from():
    with pytest.raises(InvalidInputError, match='found none: add a "general" block .* or name .* "retention.anchor"'):
        penalty_of(tiny_model(), None)


@pytest.mark.parametrize("coefficients", ["paper", "scaled", "scaled-rms", "uniform"])
@pytest.mark.parametrize("layers", ["block", "parameter"])
@pytest.mark.parametrize("normalize", ["mean", "none"])
def test_the_penalty_is_the_written_one(anchor, coefficients, layers, normalize):
    model = tiny_model()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += torch.randn_like(parameter)
    penalty = penalty_of(
        model, anchor, strength=0.7, layerCoefficients=coefficients, layers=layers, normalize=normalize
    )

    groups = group_layers(model, anchor.importance, layers)
    norms = {
        layer: torch.cat([anchor.importance[name].flatten() for name in names]).double().norm().item()
        for layer, names in groups.items()
    }
    elements = {layer: sum(anchor.importance[name].numel() for name in names) for layer, names in groups.items()}
    alpha = layer_coefficients(norms, elements, coefficients)
    weighted = {name: alpha[layer] * anchor.importance[name] for layer, names in groups.items() for name in names}
    if normalize == "mean":
        mean = torch.cat([tensor.flatten() for tensor in weighted.values()]).double().mean()
        weighted = {name: tensor / mean for name, tensor in weighted.items()}
    expected = 0.7 * sum(
        (weighted[name] * (parameter.detach() - anchor.reference[name]) ** 2).sum().item()
        for name, parameter in model.named_parameters()
    )
    assert penalty.value().item() == pytest.approx(expected, rel=1e-5)


def test_an_anchor_of_another_model_is_refused(anchor):
    with pytest.raises(InvalidInputError, match="the first mismatch is model.embed_tokens.weight"):
        penalty_of(tiny_model("gpt2"), anchor)


@pytest.mark.parametrize(("form", "strength"), [("proximal", 30.0), ("gradient", 0.01)])
def test_the_default_strength_depends_on_the_form(anchor, form, strength):
    assert penalty_of(tiny_model(), anchor, form=form).strength == strength

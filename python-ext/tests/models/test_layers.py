import pytest
import torch
from phases import lora_model, tiny_model

from ballast import InvalidInputError, covered_parameters, group_layers


def blocks_of(groups: dict[str, list[str]]) -> dict[str, list[str]]:
    return {layer: names for layer, names in groups.items() if layer.startswith("block.")}


OUTSIDE_THE_BLOCKS = {
    "llama-tied": {"embedding": ["model.embed_tokens.weight", "model.norm.weight"]},
    "llama-untied": {
        "embedding": ["model.embed_tokens.weight"],
        "head": ["model.norm.weight", "lm_head.weight"],
    },
    "qwen2": {
        "embedding": ["model.embed_tokens.weight"],
        "head": ["model.norm.weight", "lm_head.weight"],
    },
    "gpt2": {
        "embedding": [
            "transformer.wte.weight",
            "transformer.wpe.weight",
            "transformer.ln_f.weight",
            "transformer.ln_f.bias",
        ]
    },
    "gptj": {
        "embedding": ["transformer.wte.weight"],
        "head": ["transformer.ln_f.weight", "transformer.ln_f.bias", "lm_head.weight", "lm_head.bias"],
    },
}


@pytest.mark.parametrize("name", OUTSIDE_THE_BLOCKS)
def test_what_is_outside_the_blocks_is_embedding_or_head(name):
    model = tiny_model(name)
    groups = group_layers(model, covered_parameters(model), "block")
    outside = {layer: names for layer, names in groups.items() if layer not in blocks_of(groups)}
    assert outside == OUTSIDE_THE_BLOCKS[name]
    assert list(groups) == ["embedding", "block.0", "block.1", *(["head"] if "head" in groups else [])]


@pytest.mark.parametrize("name", OUTSIDE_THE_BLOCKS)
def test_every_covered_parameter_is_in_one_layer_and_blocks_hold_their_own(name):
    model = tiny_model(name)
    groups = group_layers(model, covered_parameters(model), "block")
    assert sorted(sum(groups.values(), [])) == sorted(covered_parameters(model))
    for layer, names in blocks_of(groups).items():
        number = layer.removeprefix("block.")
        assert all(f"layers.{number}." in parameter or f".h.{number}." in parameter for parameter in names)
        assert len(names) == len(groups["block.0"])


@pytest.mark.parametrize("name", OUTSIDE_THE_BLOCKS)
def test_lora_factors_belong_to_the_block_they_adapt(name):
    model = lora_model(name)
    covered = covered_parameters(model)
    groups = group_layers(model, covered, "block")
    assert list(groups) == ["block.0", "block.1"]
    assert all("lora_" in parameter for parameter in covered)
    assert sorted(sum(groups.values(), [])) == sorted(covered)


def test_a_tied_weight_is_counted_once():
    tied, untied = tiny_model("llama-tied"), tiny_model("llama-untied")
    elements = [sum(p.numel() for p in covered_parameters(model).values()) for model in (tied, untied)]
    assert elements[1] - elements[0] == untied.lm_head.weight.numel()
    assert elements[0] == tied.num_parameters()


def test_frozen_parameters_are_not_covered():
    model = tiny_model()
    model.model.embed_tokens.requires_grad_(False)
    assert "model.embed_tokens.weight" not in covered_parameters(model)
    assert "model.norm.weight" in covered_parameters(model)


def test_a_model_with_nothing_trainable_is_refused():
    with pytest.raises(InvalidInputError, match="every parameter is frozen"):
        covered_parameters(tiny_model().requires_grad_(False))


def test_each_tensor_is_a_layer_when_asked():
    names = list(covered_parameters(tiny_model()))
    assert group_layers(tiny_model(), names, "parameter") == {name: [name] for name in names}


def test_experts_inside_a_block_are_not_taken_for_blocks():
    experts = torch.nn.ModuleList(torch.nn.Linear(2, 2) for _ in range(5))
    blocks = torch.nn.ModuleList([torch.nn.ModuleDict({"experts": experts}), torch.nn.Linear(2, 2)])
    model = torch.nn.ModuleDict({"blocks": blocks})
    assert list(group_layers(model, covered_parameters(model), "block")) == ["block.0", "block.1"]


def test_a_model_without_blocks_is_refused_with_what_to_do():
    with pytest.raises(InvalidInputError, match='found none in Linear: use layers "parameter"'):
        group_layers(torch.nn.Linear(2, 2), ["weight"], "block")


def test_an_unknown_kind_of_layer_is_refused():
    with pytest.raises(InvalidInputError, match='"block" or "parameter", found "layer"'):
        group_layers(tiny_model(), [], "layer")

import pytest
import torch
from phases import lora_model, tiny_model

from ballast import InvalidInputError
from ballast.adapters.adapted import adapted_matrices, base_parameters, tiles


@pytest.mark.parametrize("name", ["llama-tied", "gpt2", "gptj"])
def test_a_matrix_is_pefts_own_under_the_name_that_the_base_has(name):
    model, base = lora_model(name), dict(tiny_model(name).named_parameters())
    matrices = adapted_matrices(model)
    assert len(matrices) >= 8 and {matrix.name for matrix in matrices} <= base.keys()
    for matrix in matrices:
        assert torch.equal(matrix.weight, base[matrix.name])
        product = matrix.product(matrix.b, matrix.a)
        expected = matrix.module.get_delta_weight("default")
        assert torch.allclose(product.tile(slice(None)), expected, atol=1e-6)
        assert torch.allclose(torch.cat([product.tile(part) for part in tiles(expected, 50)]), expected, atol=1e-6)
    names = dict(model.named_parameters())
    assert all(names[matrix.a_name] is matrix.a and names[matrix.b_name] is matrix.b for matrix in matrices)
    assert base_parameters(model).keys() == base.keys()


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("use_rslora", [False, True])
def test_rank_and_scaling_are_read_from_each_layer(use_rslora):
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=3, lora_alpha=5, target_modules=["q_proj", "v_proj"], rank_pattern={"v_proj": 6}, use_rslora=use_rslora,
        alpha_pattern={"q_proj": 7}, task_type="CAUSAL_LM",
    )  # fmt: skip
    matrices = adapted_matrices(get_peft_model(tiny_model(), config))
    root = 0.5 if use_rslora else 1
    assert {(matrix.a.shape[0], round(matrix.scaling, 6)) for matrix in matrices} == {
        (3, round(7 / 3**root, 6)),
        (6, round(5 / 6**root, 6)),
    }


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_what_is_no_plain_lora_on_linear_modules_is_refused():
    from peft import LoraConfig, get_peft_model

    with pytest.raises(InvalidInputError, match='retention.space: .* none in LlamaForCausalLM: .*"adapter"'):
        adapted_matrices(tiny_model())
    for changes, expected in (
        ({"target_modules": ["embed_tokens"]}, "found Embedding in .*embed_tokens"),
        ({"target_modules": ["q_proj"], "use_dora": True}, "whose change is s B A .* found .*DoraLinearVariant"),
        ({"target_modules": ["q_proj"], "modules_to_save": ["norm"]}, "nothing trainable but the factors .*norm"),
    ):
        model = get_peft_model(tiny_model("llama-untied"), LoraConfig(r=2, task_type="CAUSAL_LM", **changes))
        with pytest.raises(InvalidInputError, match=expected):
            adapted_matrices(model)
    model = lora_model()
    model.merge_adapter()
    with pytest.raises(InvalidInputError, match="active and not merged"):
        adapted_matrices(model)

"""What models do with the output of their heads."""

import pytest
import torch
from torch import nn
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    GraniteConfig,
    LlamaConfig,
)

from ballast import adapters, models
from ballast.forward import scoring
from ballast.models import head

SHAPE = {
    "vocab_size": 40, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 2, "head_dim": 8, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def model_of(config, **changes):
    torch.manual_seed(2)
    return AutoModelForCausalLM.from_config(config(**SHAPE, **changes))


def test_heads_of_the_tests_models_have_the_last_word(any_model):
    model = models.open_model(str(any_model), "float32", "cpu", False, 0).model
    assert head.last_projection(model) is model.get_output_embeddings()


@pytest.mark.parametrize(
    ("config", "changes"),
    [(Gemma2Config, {}), (CohereConfig, {"logit_scale": 0.5}), (GraniteConfig, {"logits_scaling": 3.0})],
    ids=["soft cap", "scale", "divisor"],
)
def test_what_comes_after_the_head_keeps_the_whole_logits(config, changes, slot_of, documents):
    model = model_of(config, **changes)
    assert head.last_projection(model) is None
    opened = models.OpenedModel(model, None, [], torch.device("cpu"), "", torch.float32, "")
    document = [each % 40 for each in documents[1]]
    slot, rows, length, packed, _ = slot_of([[document]])
    batch = scoring.TokenBatch(*_planes(slot, rows, length), packed)
    ids = torch.tensor([document])
    expected = model(ids, labels=ids).loss * len(batch.targets)
    torch.testing.assert_close(scoring.loss_sum(opened, batch), expected)


def test_an_adapted_head_keeps_the_whole_logits(model_folder):
    opened = models.open_model(str(model_folder("llama-untied")), "float32", "cpu", False, 0)
    adapters.add_adapter(opened, adapters.AdapterSettings("lora", 2, 4.0, 0.0, ["q_proj", "lm_head"], None), 0)
    assert head.last_projection(opened.model) is None


def test_an_output_changed_in_place_is_seen():
    model = model_of(LlamaConfig)
    plain = model.forward

    def scaled(*arguments, **named):
        output = plain(*arguments, **named)
        output.logits.mul_(2)
        return output

    model.forward = scaled
    assert head.last_projection(model) is None


def test_the_trial_leaves_mode_random_numbers_and_head_as_they_were():
    model = model_of(LlamaConfig, attention_dropout=0.5).train()
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    assert isinstance(head.last_projection(model), nn.Linear)
    assert torch.equal(torch.rand(3), expected)
    assert model.training
    assert not model.lm_head._forward_hooks


def _planes(slot, rows, length):
    ids, targets, positions, segments = torch.from_numpy(slot)[: 4 * rows * length].view(4, rows, length)
    scored = (targets.flatten() != -100).nonzero().squeeze(1)
    return ids, positions, segments, scored, targets.flatten()[scored]


def test_somebodys_hook_on_the_head_or_the_model_gets_the_whole_logits():
    model = model_of(LlamaConfig)
    assert head.last_projection(model) is not None
    for module in (model, model.get_output_embeddings()):
        hook = module.register_forward_hook(lambda _module, _arguments, output: output)
        assert head.last_projection(model) is None
        hook.remove()
    assert head.last_projection(model) is not None

"""What is summed over samples, against a loop over batches of one with autograd."""

import pytest
import torch
from phases import batch, lora_model, tiny_model
from tiny_models import CONFIGURATIONS, WITH_HEAD_NORMS
from torch.nn import functional

from ballast import InvalidInputError, covered_parameters
from ballast.measurement.sample_gradients import SampleGradients


def nats(model, ids, **inputs):
    """Σ of the cross entropy of every next token: a sample's -log p."""
    logits = model(input_ids=ids, **inputs).logits[:, :-1]
    return functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="sum")


def rows_of(ids):
    return torch.arange(len(ids))[:, None].expand_as(ids)


def positions_of(ids):
    return torch.arange(ids.shape[1])[None].expand_as(ids)


def batch_of_one_loop(model, samples, power=2):
    """Σ_n |g_n|^power with autograd's own gradient of one sample at a time."""
    parameters = covered_parameters(model)
    totals = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}
    for ids in samples:
        gradients = torch.autograd.grad(nats(model, ids[None]), list(parameters.values()), allow_unused=True)
        for total, gradient in zip(totals.values(), gradients, strict=True):
            if gradient is not None:
                total += gradient.abs() ** power
    return totals


def assert_same(found, expected):
    for name, value in expected.items():
        assert value.abs().max() > 0, name
        assert torch.allclose(found[name], value, rtol=2e-4, atol=2e-5 * float(value.max())), name


@pytest.mark.parametrize("name", [*CONFIGURATIONS, *WITH_HEAD_NORMS])
def test_a_batch_gives_what_a_loop_over_its_samples_gives(name):
    model, ids = tiny_model(name).eval(), batch(rows=5)
    gradients = SampleGradients(model, covered_parameters(model))
    for part in ids.split(3):
        with gradients.of_samples(rows_of(part)):
            nats(model, part, position_ids=positions_of(part)).backward()
    assert gradients.samples == 5
    assert_same(gradients.totals, batch_of_one_loop(model, ids))
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("name", WITH_HEAD_NORMS)
def test_heads_are_not_taken_for_tokens_where_there_are_as_many(name):
    model, ids = tiny_model(name).eval(), batch(rows=3)[:, :4]
    assert ids.shape[1] == model.config.num_attention_heads
    gradients = SampleGradients(model, covered_parameters(model))
    with gradients.of_samples(rows_of(ids)):
        nats(model, ids, position_ids=positions_of(ids)).backward()
    assert_same(gradients.totals, batch_of_one_loop(model, ids))


def test_magnitudes_in_place_of_squares():
    model, ids = tiny_model("gpt2").eval(), batch(rows=3)
    gradients = SampleGradients(model, covered_parameters(model), magnitudes=True)
    with gradients.of_samples(rows_of(ids)):
        nats(model, ids, position_ids=positions_of(ids)).backward()
    assert_same(gradients.totals, batch_of_one_loop(model, ids, power=1))


@pytest.mark.parametrize("name", ["llama-tied", "gpt2", "gptj"])
def test_lora_factors_too(name):
    model, ids = lora_model(name).eval(), batch(rows=3)
    gradients = SampleGradients(model, covered_parameters(model))
    with gradients.of_samples(rows_of(ids)):
        nats(model, ids, position_ids=positions_of(ids)).backward()
    assert_same(gradients.totals, batch_of_one_loop(model, ids))


def test_checkpointed_blocks_are_counted_once():
    model, ids = tiny_model("llama-untied").train(), batch(rows=3)
    expected = batch_of_one_loop(model, ids)
    model.activation_checkpointing_enable({"use_reentrant": False})
    gradients = SampleGradients(model, covered_parameters(model))
    with gradients.of_samples(rows_of(ids)):
        nats(model, ids).backward()
    assert_same(gradients.totals, expected)


def test_two_documents_in_a_row_are_two_samples():
    """A model without attention between the halves: the mask keeps them apart."""
    model, ids = tiny_model("llama-tied").eval(), batch(rows=2)
    half = ids.shape[1] // 2
    segments = torch.cat([torch.zeros(2, half), torch.ones(2, half)], 1)
    mask = (segments[:, None, :, None] == segments[:, None, None, :]) & torch.ones(2 * half, 2 * half).tril().bool()
    positions = torch.arange(half).repeat(2)[None].expand_as(ids)
    samples = rows_of(ids) * 2 + segments.long()
    logits_of = {"attention_mask": mask, "position_ids": positions}
    gradients = SampleGradients(model, covered_parameters(model))
    with gradients.of_samples(samples):
        first = model(input_ids=ids, **logits_of).logits
        loss = sum(
            functional.cross_entropy(
                first[:, part][:, :-1].flatten(0, 1), ids[:, part][:, 1:].flatten(), reduction="sum"
            )
            for part in (slice(0, half), slice(half, None))
        )
        loss.backward()
    assert gradients.samples == 4
    assert_same(gradients.totals, batch_of_one_loop(model, ids.view(4, half)))


def test_a_parameter_used_outside_its_module_is_refused():
    class Scaled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(3, 3)
            self.scale = torch.nn.ParameterList([torch.ones(3)])

        def forward(self, x):
            return self.inner(x) * self.scale[0]

    model = Scaled()
    gradients = SampleGradients(model, dict(model.named_parameters()))
    with pytest.raises(InvalidInputError, match="found scale.0 with a gradient from elsewhere"), gradients.of_samples(
        torch.zeros(2, 4, dtype=torch.long)
    ):
        model(torch.randn(2, 4, 3)).sum().backward()

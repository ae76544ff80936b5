"""Scores against a plain loop over whole rows of logits, as anyone would write it with transformers."""

import numpy
import pytest
import torch

from ballast import batches, models, scoring
from ballast.errors import InvalidInputError


def open_on_cpu(folder, dtype="float32", gradient_checkpointing=False):
    return models.open_model(str(folder), dtype, "cpu", gradient_checkpointing, 0)


def batch_of(opened, slot, rows, length, packed, _targets=None):
    return batches.read_slot(slot, rows, length, packed, opened.vocabulary_size, opened.device)


@torch.no_grad()
def plain_log_probabilities(model, document):
    """(log-probability of each token from the second on, whether it is the likeliest), one row and all logits."""
    log_probabilities = model.eval()(torch.tensor([document])).logits[0, :-1].float().log_softmax(-1)
    targets = torch.tensor(document[1:])
    return log_probabilities.gather(-1, targets[:, None])[:, 0], log_probabilities.argmax(-1) == targets


def test_scores_equal_a_plain_loop(any_model, slot_of, documents):
    opened = open_on_cpu(any_model)
    slot, rows, length, packed, _ = slot_of([[document] for document in documents])
    output = numpy.full(2 * rows * length + 5, 7, dtype=numpy.float32)
    scoring.score(opened, batch_of(opened, slot, rows, length, packed), output)
    planes = output[: 2 * rows * length].reshape(2, rows, length)
    for row, document in enumerate(documents):
        expected, greedy = plain_log_probabilities(opened.model, document)
        torch.testing.assert_close(torch.from_numpy(planes[0, row, : len(expected)]), expected, atol=2e-5, rtol=1e-5)
        assert planes[1, row, : len(expected)].astype(bool).tolist() == greedy.tolist()
        assert not planes[:, row, len(expected) :].any(), "what is not scored is 0"
    assert (output[2 * rows * length :] == 7).all(), "nothing is written behind the planes"


def test_argmax_is_told_from_the_rest(any_model, slot_of, documents):
    opened = open_on_cpu(any_model)
    with torch.no_grad():
        likeliest = int(opened.model.eval()(torch.tensor([documents[0]])).logits[0, -1].argmax())
    slot, rows, length, packed, _ = slot_of([[documents[0] + [likeliest]]], prompt=len(documents[0]))
    output = numpy.zeros(2 * rows * length, dtype=numpy.float32)
    scoring.score(opened, batch_of(opened, slot, rows, length, packed), output)
    assert output[length:].sum() == 1.0


def test_packed_rows_score_as_separate_rows(any_model, slot_of, documents):
    opened = open_on_cpu(any_model)
    packed = slot_of([documents[:2], documents[2:5], documents[5:]])
    assert packed[3]
    output = numpy.zeros(2 * packed[1] * packed[2], dtype=numpy.float32)
    scoring.score(opened, batch_of(opened, *packed), output)
    scores = iter(output.reshape(2, -1)[0][packed[0].reshape(4, -1)[1] != -100].tolist())
    for document in documents:
        expected, _ = plain_log_probabilities(opened.model, document)
        found = torch.tensor([next(scores) for _ in expected])
        torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)


def test_packed_gradient_equals_the_gradient_of_separate_rows(any_model, slot_of, documents):
    opened = open_on_cpu(any_model)
    gradients = []
    for rows in ([documents[:3], documents[3:]], [[document] for document in documents]):
        opened.model.zero_grad()
        scoring.loss_sum(opened, batch_of(opened, *slot_of(rows))).backward()
        gradients.append({name: parameter.grad.clone() for name, parameter in opened.model.named_parameters()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(
            gradient, gradients[1][name], atol=1e-4, rtol=1e-4, msg=lambda m, n=name: f"{n}: {m}"
        )


def test_packing_keeps_a_sliding_window(tmp_path, slot_of, documents):
    from transformers import MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM

    small = dict(vocab_size=320, hidden_size=32, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2)
    uniform = MistralForCausalLM(MistralConfig(**small, num_hidden_layers=2, sliding_window=4))
    mixed = Qwen2ForCausalLM(
        Qwen2Config(**small, num_hidden_layers=2, use_sliding_window=True, sliding_window=4, max_window_layers=1)
    )
    for model in (uniform, mixed):
        folder = tmp_path / model.config.model_type
        model.save_pretrained(folder)
        opened = open_on_cpu(folder)
        total, targets = scoring.mean_loss(opened, batch_of(opened, *slot_of([documents[:3], documents[3:]])))
        expected = -sum(float(plain_log_probabilities(opened.model, document)[0].sum()) for document in documents)
        assert total == pytest.approx(expected, abs=1e-3)
        assert targets == sum(len(document) - 1 for document in documents)


def test_packing_is_refused_where_no_mask_keeps_documents_apart(model_folder, slot_of, documents):
    opened = open_on_cpu(model_folder("qwen2"))
    opened.model.config.layer_types = ["linear_attention", "full_attention"]
    with pytest.raises(
        InvalidInputError, match="qwen2 models have layers that no mask keeps apart; set packing to false"
    ):
        scoring.mean_loss(opened, batch_of(opened, *slot_of([documents[:3]])))


def test_mean_loss_equals_cross_entropy_and_counts_only_completions(any_model, slot_of, documents):
    opened = open_on_cpu(any_model)
    total, targets = scoring.mean_loss(opened, batch_of(opened, *slot_of([[d] for d in documents], prompt=4)))
    expected = -sum(float(plain_log_probabilities(opened.model, d)[0][3:].sum()) for d in documents)
    assert total == pytest.approx(expected, rel=1e-5)
    assert targets == sum(len(document) - 4 for document in documents)


def test_loss_equals_autograd_on_the_models_own_loss(any_model, slot_of, documents):
    """transformers shifts labels itself and takes the mean."""
    opened = open_on_cpu(any_model)
    slot = slot_of([[documents[1]]])
    opened.model.train()
    (scoring.loss_sum(opened, batch_of(opened, *slot)) / slot[-1]).backward()
    ours = {name: parameter.grad.clone() for name, parameter in opened.model.named_parameters()}
    opened.model.zero_grad()
    ids = torch.tensor([documents[1]])
    opened.model(ids, labels=ids).loss.backward()
    for name, parameter in opened.model.named_parameters():
        torch.testing.assert_close(ours[name], parameter.grad, atol=1e-5, rtol=1e-4)


def test_gradient_checkpointing_gives_equal_gradients(any_model, slot_of, documents):
    slot = slot_of([[document] for document in documents])
    gradients, saved = [], [0, 0]
    for gradient_checkpointing in (False, True):
        opened = open_on_cpu(any_model, gradient_checkpointing=gradient_checkpointing)
        opened.model.train()

        def keep(tensor, at=int(gradient_checkpointing)):
            saved[at] += tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = scoring.loss_sum(opened, batch_of(opened, *slot))
        loss.backward()
        gradients.append([parameter.grad for parameter in opened.model.parameters()])
    torch.testing.assert_close(gradients[0], gradients[1])
    assert saved[1] < saved[0] / 2, "fewer numbers are kept for the backward pass"


def test_bfloat16_autocast_is_near_float32_and_its_gradients_are_float32(any_model, slot_of, documents):
    slot = slot_of([[document] for document in documents])
    losses = []
    for dtype in ("float32", "bfloat16"):
        opened = open_on_cpu(any_model, dtype=dtype)
        loss = scoring.loss_sum(opened, batch_of(opened, *slot))
        loss.backward()
        losses.append(loss.item())
        assert loss.dtype == torch.float32
        assert {p.grad.dtype for p in opened.model.parameters()} == {torch.float32}
    assert losses[0] != losses[1], "the arithmetic did change"
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_logits_are_computed_only_where_scored(any_model, slot_of, documents):
    opened = open_on_cpu(any_model)
    batch = batch_of(opened, *slot_of([[document] for document in documents], prompt=4))
    assert scoring.selected_logits(opened, batch).shape == (sum(len(d) - 4 for d in documents), opened.vocabulary_size)
    assert not opened.model.get_output_embeddings()._forward_pre_hooks, "the hook is gone afterwards"


def test_a_batch_without_targets_scores_nothing(model_folder, slot_of):
    opened = open_on_cpu(model_folder("gpt2"))
    assert scoring.mean_loss(opened, batch_of(opened, *slot_of([[[5]]]))) == (0.0, 0)


def test_output_of_the_wrong_kind_is_refused(model_folder, slot_of, documents):
    opened = open_on_cpu(model_folder("gpt2"))
    slot, rows, length, packed, _ = slot_of([[documents[0]]])
    for output in (numpy.zeros(3, numpy.float32), numpy.zeros(100, numpy.float64), numpy.zeros(100, ">f4")):
        with pytest.raises(InvalidInputError, match="expected 18 float32 in native byte order, found"):
            scoring.score(opened, batch_of(opened, slot, rows, length, packed), output)

"""Scores against a plain loop over whole rows of logits, as anyone would write it with transformers."""

import numpy
import pytest
import torch

from ballast import models
from ballast.errors import InvalidInputError
from ballast.forward import batches, scoring


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


def scores(opened, slot_parts, prefix=None):
    """([T] log-probabilities, [T] whether the target is the likeliest)."""
    output = numpy.full(2 * slot_parts[3] + 5, 7, dtype=numpy.float32)
    batch = batches.read_scoring_slot(*slot_parts, opened.vocabulary_size, opened.device)
    scoring.score(opened, batch, output, prefix)
    assert (output[2 * slot_parts[3] :] == 7).all(), "nothing is written behind the lists"
    log_probabilities, greedy = torch.from_numpy(output[: 2 * slot_parts[3]]).view(2, -1)
    return log_probabilities, greedy.bool().tolist()


def plain_scores(opened, items):
    """The same, each continuation in a row of its own."""
    log_probabilities, greedy = [], []
    for context, continuations in items:
        for continuation in continuations:
            alone, likeliest = plain_log_probabilities(opened.model, context + continuation)
            log_probabilities.append(alone[len(context) - 1 :])
            greedy += likeliest[len(context) - 1 :].tolist()
    return torch.cat(log_probabilities), greedy


def assert_as_alone(opened, items, slot_parts, prefix=None):
    log_probabilities, greedy = scores(opened, slot_parts, prefix)
    expected, likeliest = plain_scores(opened, items)
    torch.testing.assert_close(log_probabilities, expected, atol=1e-4, rtol=0)
    assert greedy == likeliest


def awkward(documents) -> list[tuple[list[int], list[list[int]]]]:
    """Items whose contexts begin with the same five tokens."""
    first, second, third, fourth = documents[:4]
    begin = documents[5][:5]
    return [
        (begin + first, [second, third, second[:3], second, [7], [7], [8]]),
        (begin + first, [fourth]),
        (begin + first + [second[0]], [second[1:]]),
        (begin + [9], [[3], [4], [5]]),
        (begin + second + third + fourth + first, [documents[4], first + second[:5]]),
    ]


def test_scores_equal_a_plain_loop(any_model, scoring_slot_of, documents):
    items = [(document[:1], [document[1:]]) for document in documents]
    slot_parts = scoring_slot_of(items)
    assert not slot_parts[-1]
    assert_as_alone(open_on_cpu(any_model), items, slot_parts)


def test_continuations_behind_one_context_score_as_rows_of_their_own(any_model, scoring_slot_of, documents):
    items = awkward(documents)
    slot_parts = scoring_slot_of(items)
    assert slot_parts[-1]
    assert_as_alone(open_on_cpu(any_model), items, slot_parts)


@pytest.mark.parametrize("length", [1, 4, 5])
def test_rows_behind_a_prefix_score_as_whole_rows(any_model, scoring_slot_of, documents, length):
    opened = open_on_cpu(any_model)
    items = awkward(documents)
    prefix = scoring.read_prefix(opened, torch.tensor(items[0][0][:length]))
    for part in (items, items[3:], [(items[1][0], items[1][1])]):
        assert_as_alone(opened, part, scoring_slot_of(part, length), prefix)


def test_a_prefix_is_held_once_however_many_batches_continue_it(any_model, scoring_slot_of, documents):
    opened = open_on_cpu(any_model)
    items = awkward(documents)
    prefix = scoring.read_prefix(opened, torch.tensor(items[0][0][:5]))
    held = [(layer.keys.clone(), layer.values.clone()) for layer in prefix.cache.layers]
    scores(opened, scoring_slot_of(items, 5), prefix)
    assert all(keys.shape[0] == 1 and keys.shape[-2] == 5 for keys, _ in held)
    after = [(layer.keys, layer.values) for layer in prefix.cache.layers]
    torch.testing.assert_close(after, held, atol=0, rtol=0)


def test_argmax_is_told_from_the_rest(any_model, scoring_slot_of, documents):
    opened = open_on_cpu(any_model)
    with torch.no_grad():
        likeliest = int(opened.model.eval()(torch.tensor([documents[0]])).logits[0, -1].argmax())
    choices = [[token] for token in range(opened.vocabulary_size)]
    _, greedy = scores(opened, scoring_slot_of([(documents[0], choices)]))
    assert [token for token, is_likeliest in enumerate(greedy) if is_likeliest] == [likeliest]


def test_not_a_number_is_told_to_the_caller(model_folder, scoring_slot_of, documents):
    opened = open_on_cpu(model_folder("llama-tied"))
    with torch.no_grad():
        next(iter(opened.model.parameters())).fill_(float("nan"))
    log_probabilities, _ = scores(opened, scoring_slot_of([(documents[0], [documents[1]])]))
    assert log_probabilities.isnan().all()


def test_bfloat16_scores_behind_a_prefix_are_near_float32(any_model, scoring_slot_of, documents):
    items = awkward(documents)
    coarse, exact = (open_on_cpu(any_model, dtype=dtype) for dtype in ("bfloat16", "float32"))
    prefix = scoring.read_prefix(coarse, torch.tensor(items[0][0][:5]))
    found, _ = scores(coarse, scoring_slot_of(items, 5), prefix)
    torch.testing.assert_close(found, plain_scores(exact, items)[0], atol=0.2, rtol=0.05)


@pytest.mark.parametrize("mixed", [False, True])
def test_branches_and_prefixes_keep_a_sliding_window(tmp_path, scoring_slot_of, documents, mixed):
    from transformers import MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(5)
    small = dict(vocab_size=320, hidden_size=32, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2)
    model = (
        Qwen2ForCausalLM(
            Qwen2Config(
                **small, num_hidden_layers=2, use_sliding_window=True, sliding_window=4, max_window_layers=1
            )
        )
        if mixed
        else MistralForCausalLM(MistralConfig(**small, num_hidden_layers=2, sliding_window=4))
    )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.2)
    model.save_pretrained(tmp_path)
    opened = open_on_cpu(tmp_path)
    items = awkward(documents)
    assert_as_alone(opened, items, scoring_slot_of(items))
    for length in (2, 5):
        prefix = scoring.read_prefix(opened, torch.tensor(items[0][0][:length]))
        assert_as_alone(opened, items, scoring_slot_of(items, length), prefix)


def test_packed_rows_score_as_separate_rows(any_model, slot_of, documents):
    opened = open_on_cpu(any_model)
    packed = slot_of([documents[:2], documents[2:5], documents[5:]])
    assert packed[3]
    total, _ = scoring.mean_loss(opened, batch_of(opened, *packed))
    expected = -sum(float(plain_log_probabilities(opened.model, document)[0].sum()) for document in documents)
    assert total == pytest.approx(expected, abs=1e-3)


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


def test_output_of_the_wrong_kind_is_refused(model_folder, scoring_slot_of, documents):
    opened = open_on_cpu(model_folder("gpt2"))
    slot_parts = scoring_slot_of([(documents[0][:1], [documents[0][1:]])])
    batch = batches.read_scoring_slot(*slot_parts, opened.vocabulary_size, opened.device)
    for output in (numpy.zeros(3, numpy.float32), numpy.zeros(100, numpy.float64), numpy.zeros(100, ">f4")):
        with pytest.raises(InvalidInputError, match="expected 16 float32 in native byte order, found"):
            scoring.score(opened, batch, output)


def test_logits_taken_in_parts_give_the_same_scores(model_folder, scoring_slot_of, documents, monkeypatch):
    opened = open_on_cpu(model_folder("gpt2"))
    items = awkward(documents)
    whole = scores(opened, scoring_slot_of(items))
    monkeypatch.setattr(scoring, "CHUNK_ON_CPU", 3 * opened.vocabulary_size)
    parts = scores(opened, scoring_slot_of(items))
    torch.testing.assert_close(parts[0], whole[0], atol=1e-6, rtol=0)
    assert parts[1] == whole[1]

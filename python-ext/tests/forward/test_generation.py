import numpy
import pytest
import torch
from transformers import AutoModelForCausalLM

from ballast import InvalidInputError
from ballast.forward.generation import NO_TOKEN, generate
from ballast.models import open_model


@pytest.fixture(params=["llama-tied", "gpt2", "gptj"])
def opened(request, model_folder):
    return open_model(str(model_folder(request.param)), "float32", "cpu", False, 0)


def written(opened, rows=64, tokens=12, temperature=1.0, top_p=1.0, seed=5, end=2):
    output = numpy.full(rows * tokens + 3, 77, dtype=numpy.int64)
    generate(opened, 1, end, temperature, top_p, seed, rows, tokens, output)
    assert (output[rows * tokens :] == 77).all(), "nothing is written behind the documents"
    return torch.from_numpy(output[: rows * tokens]).view(rows, tokens)


def test_documents_depend_on_the_seed_alone(opened):
    first = written(opened)
    assert torch.equal(first, written(opened))
    assert not torch.equal(first, written(opened, seed=6))


def test_a_document_ends_at_the_end_token_and_stays_ended(opened):
    end = int(written(opened, end=2)[:, 3].mode().values)  # Some token that is written now and then.
    documents = written(opened, end=end)
    assert not (documents == end).any()
    ended = documents == NO_TOKEN
    assert ended.any() and not ended.all()
    assert (ended[:, 1:] | ~ended[:, :-1]).all()


def test_the_first_tokens_are_drawn_from_the_models_distribution(opened):
    """Against a softmax taken from transformers itself: the total variation of 4,000 draws is near what chance gives."""
    model = AutoModelForCausalLM.from_pretrained(opened.folder).eval()
    with torch.no_grad():
        expected = (model(torch.tensor([[1]])).logits[0, -1] / 0.7).softmax(-1)
    drawn = written(opened, rows=4000, tokens=1, temperature=0.7, end=2)[:, 0]
    counts = torch.bincount(drawn.where(drawn != NO_TOKEN, 2), minlength=len(expected)) / len(drawn)
    chance = (expected / len(drawn)).sqrt().sum() * 0.4  # Σ E|p̂ − p| / 2 of a multinomial, √(2/π)/2 a term.
    assert (counts - expected).abs().sum() / 2 < 1.3 * chance


def test_top_p_leaves_the_likeliest_tokens(opened):
    with torch.no_grad():
        probabilities = opened.model(torch.tensor([[1]])).logits[0, -1].softmax(-1)
    order = probabilities.sort(descending=True)
    kept = int((order.values.cumsum(0) < 0.3).sum()) + 1
    drawn = set(written(opened, rows=500, tokens=1, top_p=0.3)[:, 0].tolist()) - {NO_TOKEN}
    assert drawn <= set(order.indices[: kept + 1].tolist())


def test_a_buffer_that_is_too_small_is_refused(opened):
    with pytest.raises(InvalidInputError, match="expected 12 int64 .* found 11"):
        generate(opened, 1, 2, 1.0, 1.0, 0, 1, 12, numpy.zeros(11, dtype=numpy.int64))

"""Which models read a context once for several rows, and which are left to be scored row by row."""

from pathlib import Path

import pytest
import torch
from tiny_models import write_tokenizer

from ballast import models
from ballast.forward import batches, scoring, shared_contexts
from ballast.forward.shared_contexts import Sharing

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
SMALL = dict(vocab_size=320, hidden_size=32)
LAYERS = dict(intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)


def written(configuration, folder):
    from transformers import AutoModelForCausalLM

    torch.manual_seed(17)
    model = AutoModelForCausalLM.from_config(configuration)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.2)
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return models.open_model(str(folder), "float32", "cpu", False, 0)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_usual_architectures_share_prefixes(any_model, dtype):
    opened = models.open_model(str(any_model), dtype, "cpu", False, 0)
    assert shared_contexts.sharing(opened) is Sharing.PREFIXES
    assert not opened.model.get_output_embeddings()._forward_pre_hooks, "the hook is gone afterwards"


def test_positions_that_come_with_the_mask_are_scored_row_by_row(tmp_path, caplog):
    from transformers import BloomConfig

    caplog.set_level("INFO", logger="ballast")
    opened = written(BloomConfig(**SMALL, n_layer=2, n_head=4), tmp_path)
    assert shared_contexts.sharing(opened) is Sharing.NOTHING
    assert "scoring row by row: branches are not shared: ValueError" in caplog.text


def test_a_model_whose_positions_ignore_what_they_are_told_is_scored_row_by_row(model_folder, monkeypatch, caplog):
    """A foreign model may take `position_ids` and count for itself: no error, wrong numbers."""
    caplog.set_level("INFO", logger="ballast")
    opened = models.open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    forward = opened.model.forward
    monkeypatch.setattr(opened.model, "forward", lambda position_ids=None, **inputs: forward(**inputs))
    assert shared_contexts.sharing(opened) is Sharing.NOTHING
    assert "log-probabilities would change by" in caplog.text


def test_keys_that_depend_on_the_length_of_a_row_are_no_prefix(tmp_path):
    from transformers import LlamaConfig

    rope = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}
    opened = written(LlamaConfig(**SMALL, **LAYERS, max_position_embeddings=64, rope_parameters=rope), tmp_path)
    assert shared_contexts.sharing(opened) is Sharing.BRANCHES


def test_stories15m_scores_choices_behind_a_prefix_as_rows_of_their_own(scoring_slot_of):
    folder = SHARED / "models" / "stories15M"
    if not folder.is_dir():
        pytest.skip(f"no checkpoint at {folder}")
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    assert shared_contexts.sharing(opened) is Sharing.PREFIXES
    generator = torch.Generator().manual_seed(2)
    draw = lambda n: torch.randint(3, opened.vocabulary_size, (n,), generator=generator).tolist()  # noqa: E731
    begin = draw(100)
    # The last reads as many tokens as the window has.
    lengths = [(3, (4, 9, 1, 1)), (40, (2, 2, 30)), (1, (1,)), (126, (31, 12))]
    items = [(begin + draw(context), [draw(n) for n in choices]) for context, choices in lengths]
    prefix = scoring.read_prefix(opened, torch.tensor(begin))
    found = {}
    for length, handle in ((0, None), (100, prefix)):
        slot_parts = scoring_slot_of(items, length)
        output = torch.zeros(2 * slot_parts[3]).numpy()
        batch = batches.read_scoring_slot(*slot_parts, opened.vocabulary_size, opened.device)
        scoring.score(opened, batch, output, handle)
        found[length] = torch.from_numpy(output).view(2, -1)
    log_probabilities, greedy = [], []
    for context, choices in items:
        for choice in choices:
            ids = torch.tensor([context + choice])
            with torch.no_grad():
                alone = opened.model(ids).logits[0, len(context) - 1 : -1].log_softmax(-1)
            log_probabilities.append(alone.gather(-1, ids[0, len(context) :, None])[:, 0])
            greedy.append((alone.argmax(-1) == ids[0, len(context) :]).float())
    for planes in found.values():
        torch.testing.assert_close(planes[0], torch.cat(log_probabilities), atol=1e-4, rtol=0)
        assert torch.equal(planes[1], torch.cat(greedy))

import json

import pytest
from lm_eval.models.utils import DEFAULT_MAX_LENGTH, resolve_max_length
from transformers import BloomConfig, GPT2Config, LlamaConfig, Qwen2VLConfig

from ballast.models.context_window import context_window

UNLIMITED = int(1e30)  # transformers' own
CONFIGURATIONS = [
    GPT2Config(n_positions=77),
    LlamaConfig(max_position_embeddings=99),
    BloomConfig(),  # ALiBi: no length of its own.
    Qwen2VLConfig(text_config={"max_position_embeddings": 111}),
]


class Tokenizer:
    def __init__(self, limit):
        self.model_max_length = UNLIMITED if limit is None else limit


@pytest.mark.parametrize("limit", [None, 55, UNLIMITED])
@pytest.mark.parametrize("config", CONFIGURATIONS, ids=lambda config: config.model_type)
def test_a_model_reads_as_much_at_once_as_lm_eval_lets_it(config, limit, tmp_path):
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({} if limit is None else {"model_max_length": limit}))
    assert context_window(config, tmp_path) == resolve_max_length(config, Tokenizer(limit))


def test_a_folder_without_a_tokenizer_has_the_usual_window(tmp_path):
    assert context_window(BloomConfig(), tmp_path) == DEFAULT_MAX_LENGTH

"""Tiny random models of real architectures with a small real tokenizer, for tests in Python and Java.

As a program: `python tests/tiny_models.py FOLDER` writes each into FOLDER/NAME; further names choose.
"""

import sys
from pathlib import Path

import torch

VOCABULARY_SIZE = 320
MAX_LENGTH = 64

TEXT = [
    "Once upon a time there was a small boat on a wide river, and the boat had a name.",
    "The patient was given 20 mg of the drug; the fever fell within two days.",
    "Question: What carries oxygen in the blood?\nAnswer: haemoglobin in red cells",
    "Naïve café, 東京 and Ελλάδα: bytes serve for everything else.",
    "user assistant system: hello! How are you? I am well, thank you.",
]

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role not in ['system', 'user', 'assistant'] %}"
    "{{ raise_exception('unknown role ' + message.role) }}"
    "{% endif %}"
    "{{ '<|' + message.role + '|>\\n' + message.content + eos_token + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)

ROPE_SCALING = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


def _llama(tied: bool):
    from transformers import LlamaConfig

    # Llama 3: grouped-query attention and scaled rotary positions.
    return LlamaConfig(
        vocab_size=VOCABULARY_SIZE, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=MAX_LENGTH, rope_parameters=ROPE_SCALING,
        tie_word_embeddings=tied, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip


def _gptj():
    from transformers import GPTJConfig

    return GPTJConfig(
        vocab_size=VOCABULARY_SIZE, n_positions=MAX_LENGTH, n_embd=32, n_layer=2, n_head=4, rotary_dim=4,
        bos_token_id=1, eos_token_id=2,
    )  # fmt: skip


def _gpt2():
    from transformers import GPT2Config

    # Without dropout, so that the same batch gives the same gradient twice.
    return GPT2Config(
        vocab_size=VOCABULARY_SIZE, n_positions=MAX_LENGTH, n_embd=32, n_layer=2, n_head=4, resid_pdrop=0.0,
        embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip


def _qwen2():
    from transformers import Qwen2Config

    return Qwen2Config(
        vocab_size=VOCABULARY_SIZE, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=MAX_LENGTH, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip


def _qwen3():
    from transformers import Qwen3Config

    return Qwen3Config(
        vocab_size=VOCABULARY_SIZE, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=MAX_LENGTH, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip


def _gemma3():
    from transformers import Gemma3TextConfig

    return Gemma3TextConfig(
        vocab_size=VOCABULARY_SIZE, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=MAX_LENGTH, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip


CONFIGURATIONS = {
    "llama-tied": lambda: _llama(tied=True),
    "llama-untied": lambda: _llama(tied=False),
    "gptj": _gptj,
    "gpt2": _gpt2,
    "qwen2": _qwen2,
}
# Queries and keys have norms for each head: Qwen3 takes [rows, length, heads, d], Gemma 3 [rows, heads, length, d].
WITH_HEAD_NORMS = {"qwen3": _qwen3, "gemma3": _gemma3}


def write_model(folder: Path, name: str) -> Path:
    """A random model of the named architecture, and its tokenizer."""
    from transformers import AutoModelForCausalLM

    torch.manual_seed(17)
    model = AutoModelForCausalLM.from_config((CONFIGURATIONS | WITH_HEAD_NORMS)[name](), dtype=torch.float32)
    # Freshly initialised models of this size hardly tell one token from another: wider weights make logits that differ.
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.2)
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return folder


def write_tokenizer(folder: Path) -> None:
    """A byte-level BPE tokenizer, trained on a few lines, with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    tokenizer.train_from_iterator(TEXT, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>", chat_template=CHAT_TEMPLATE
    )
    fast.save_pretrained(folder)


if __name__ == "__main__":
    for chosen in sys.argv[2:] or CONFIGURATIONS:
        print(write_model(Path(sys.argv[1]) / chosen, chosen))

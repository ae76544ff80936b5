"""A tiny random BERT with its tokenizer, for tests of what runs beside Ballast in one JVM.

As a program: `python tests/tiny_embedder.py FOLDER TEXT` writes it and prints its embedding of a text: the mean of the
last hidden states.
"""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "sees", "the", "fish"]


def write_embedder(folder: Path) -> tuple[BertModel, Tokenizer]:
    torch.manual_seed(0)
    model = BertModel(
        BertConfig(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                   intermediate_size=32, max_position_embeddings=32)  # fmt: skip
    )
    model.save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return model.eval(), tokenizer


def main() -> None:
    model, tokenizer = write_embedder(Path(sys.argv[1]))
    with torch.no_grad():
        states = model(torch.tensor([tokenizer.encode(sys.argv[2]).ids])).last_hidden_state
    print(*states.mean(1)[0].tolist())


if __name__ == "__main__":
    main()

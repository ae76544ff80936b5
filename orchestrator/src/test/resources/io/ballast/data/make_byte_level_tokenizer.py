"""Makes a small byte-level BPE tokenizer of the kind that GPT-2, Llama 3 and Qwen have: folder as argument."""

import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

TEXT = [
    "The quick brown fox jumps over the lazy dog. It's 12:30, isn't it? She'll pay 1,000.50 for 3 cats.",
    "Question: what do the organs of the body do?\nAnswer: they keep the organism alive.\n\n\tdef f(x):\n        return x",
    "café naïve 日本語 東京 Привет мир 안녕하세요 😀😀 👩‍👩‍👧 مرحبا",
]
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

tokenizer = Tokenizer(models.BPE())
tokenizer.normalizer = normalizers.NFC()
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
    pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
])
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=["<|endoftext|>"], show_progress=False,
                              initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
tokenizer.train_from_iterator(TEXT * 20, trainer)
tokenizer.add_special_tokens([AddedToken("<|im_start|>", special=True), AddedToken("<|im_end|>", special=True)])
# Folders on the hub sometimes carry a truncation from their last use; it must not cut training data.
tokenizer.enable_truncation(max_length=8)
PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=None, eos_token="<|im_end|>",
                        pad_token="<|endoftext|>").save_pretrained(sys.argv[1])

"""`datasets.map` beside Ballast in `ballast bench data`: from a JSON Lines file to ids on disk, as people write it.

    python -m benchmarks.map_rows MODEL FILE MAX_LENGTH

`{"folder": FOLDER}` reads FILE, whose rows have `goal` and `sol1`, renders and tokenizes in batches with as many processes
as there are cores, and writes the Arrow files of ids and where the completion starts to FOLDER, which is empty. Answers
`{"seconds", "checksum"}`, the second as `io.ballast.bench.DataBenchmark` has it.
"""

import os
import sys
import time
import zlib

# Processes in place of threads; the tokenizers library warns of both.
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import numpy
from datasets import Dataset, load_dataset
from transformers import AutoTokenizer

from benchmarks.questions import answer_each


def encode(rows: dict[str, list[str]], tokenizer, max_length: int) -> dict[str, list]:
    """BOS + prompt + completion + EOS, encoded together and split at the character where the completion begins."""
    prompts = [f"Question: {goal}\nAnswer:" for goal in rows["goal"]]
    texts = [f"{prompt} {completion}" for prompt, completion in zip(prompts, rows["sol1"], strict=True)]
    encoded = tokenizer(texts, add_special_tokens=False, return_attention_mask=False, return_offsets_mapping=True)
    ids, starts = [], []
    for prompt, tokens, offsets in zip(prompts, encoded["input_ids"], encoded["offset_mapping"], strict=True):
        start = next((at for at, (_, end) in enumerate(offsets) if end > len(prompt)), len(tokens))
        ids.append([tokenizer.bos_token_id, *tokens, tokenizer.eos_token_id][:max_length])
        starts.append(start + 1)
    return {"input_ids": ids, "target_start": starts}


def checksum(stored: Dataset) -> int:
    total = 0
    for batch in stored.iter(1000):
        for start, ids in zip(batch["target_start"], batch["input_ids"], strict=True):
            total += zlib.crc32(numpy.array([start, *ids], dtype="<i4").tobytes())
    return total


def run(folder: str, file: str, tokenizer, max_length: int) -> dict:
    started = time.perf_counter()
    rows = load_dataset("json", data_files=file, split="train", cache_dir=folder)
    stored = rows.map(
        encode,
        batched=True,
        num_proc=os.cpu_count(),
        remove_columns=rows.column_names,
        fn_kwargs={"tokenizer": tokenizer, "max_length": max_length},
    )
    return {"seconds": time.perf_counter() - started, "checksum": checksum(stored)}


def load():
    model, file, max_length = sys.argv[1:]
    tokenizer = AutoTokenizer.from_pretrained(model)
    return lambda question: run(question["folder"], file, tokenizer, int(max_length))


if __name__ == "__main__":
    answer_each(load)

"""transformers' `generate` beside Ballast in `ballast bench generate`.

    python -m benchmarks.generate_rows MODEL

`{"first", "end", "temperature", "topP", "seed", "rows", "tokens"}` samples so many documents from the token `first` on.
Answers `{"seconds", "ids": [rows * tokens], -1 after a document's end}`.
"""

import sys
import time

import torch
from transformers import AutoModelForCausalLM

from benchmarks.questions import answer_each


@torch.no_grad()
def run(model: torch.nn.Module, asked: dict) -> dict:
    started = time.perf_counter()
    prompt = torch.full((asked["rows"], 1), asked["first"])
    torch.manual_seed(asked["seed"])
    written = model.generate(
        prompt, attention_mask=torch.ones_like(prompt), do_sample=True, temperature=asked["temperature"],
        top_p=asked["topP"], top_k=0, max_new_tokens=asked["tokens"], bos_token_id=asked["first"],
        eos_token_id=asked["end"], pad_token_id=asked["end"],
    )[:, 1:]  # fmt: skip
    seconds = time.perf_counter() - started
    ids = torch.full((asked["rows"], asked["tokens"]), -1)
    ids[:, : written.shape[1]] = written.masked_fill((written == asked["end"]).cumsum(1) > 0, -1)
    return {"seconds": seconds, "ids": ids.flatten().tolist()}


def load():
    model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
    return lambda asked: run(model, asked)


if __name__ == "__main__":
    answer_each(load)

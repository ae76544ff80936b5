"""The plain script beside Ballast in `ballast bench startup`: opens a model, takes one training step, and says when.

    python first_step.py MODEL ROWS

ROWS is a JSON Lines file with `question` and `answer`. Prints `{"time": seconds since 1970, "loss"}` after the step.
"""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, file = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0, fused=True)
input_ids, labels = [], []
with open(file, encoding="utf-8") as lines:
    for row in map(json.loads, lines):
        prompt = f"Question: {row['question']}\nAnswer:"
        encoded = tokenizer(f"{prompt} {row['answer']}", add_special_tokens=False, return_offsets_mapping=True)
        learned = [end > len(prompt) for _, end in encoded["offset_mapping"]] + [True]
        ids = [*encoded["input_ids"], tokenizer.eos_token_id]
        input_ids.append(torch.tensor([tokenizer.bos_token_id, *ids]))
        labels.append(
            torch.tensor([-100, *(token if scored else -100 for token, scored in zip(ids, learned, strict=True))])
        )
pad = torch.nn.utils.rnn.pad_sequence
mask = pad([torch.ones_like(row) for row in input_ids], batch_first=True)
loss = model(
    input_ids=pad(input_ids, batch_first=True), attention_mask=mask, labels=pad(labels, True, -100)
).loss
loss.backward()
torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
optimizer.step()
print(json.dumps({"time": time.time(), "loss": loss.item()}), flush=True)

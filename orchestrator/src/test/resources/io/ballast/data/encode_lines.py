"""Encodes texts (a JSON string a line on standard input) with the tokenizer of a folder; prints ids as JSON."""

import json
import sys

from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(sys.argv[1], local_files_only=True)
texts = [json.loads(line) for line in sys.stdin.buffer.read().decode().split("\n") if line]
for ids in tokenizer(texts, add_special_tokens=False, truncation=False, padding=False)["input_ids"]:
    print(json.dumps(ids))

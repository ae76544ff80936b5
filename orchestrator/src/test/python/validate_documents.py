"""Validates documents, or lines of JSON Lines files, against JSON Schemas: SCHEMA DOCUMENT SCHEMA DOCUMENT …"""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

for schema, document in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
    rules = json.loads(Path(schema).read_text())
    Draft202012Validator.check_schema(rules)
    text = Path(document).read_text()
    documents = [json.loads(line) for line in text.splitlines()] if document.endswith(".jsonl") else [json.loads(text)]
    if not documents:
        sys.exit(f"{document} is empty")
    for each in documents:
        for error in Draft202012Validator(rules).iter_errors(each):
            sys.exit(f"{document}: {error.json_path}: {error.message}")

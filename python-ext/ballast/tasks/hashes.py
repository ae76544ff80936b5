"""lm-eval's hashes of what was asked, and JSON that carries rows unchanged."""

import hashlib
import json
import math
from typing import Any

import numpy


def hash_of_text(text: str) -> str:
    """SHA-256 of the UTF-8 bytes, in hexadecimal (`lm_eval.utils.hash_string`)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_of_row(row: Any) -> str:
    """The hash of a row as lm-eval's evaluator writes it: its JSON, indented by two, every letter as it is."""
    return hash_of_text(json.dumps(row, indent=2, default=plain, ensure_ascii=False))


def plain(value: Any) -> Any:
    """What JSON has no word for, as lm-eval's files have it (`lm_eval.utils.handle_non_serializable`)."""
    if isinstance(value, numpy.bool_ | numpy.integer | numpy.floating):
        return value.item()
    return list(value) if isinstance(value, set) else str(value)


def as_json(value: Any) -> str:
    """JSON in ASCII, so that half a pair of surrogates survives; a number that is not finite becomes null."""
    try:
        return json.dumps(value, default=plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(json.loads(json.dumps(value, default=plain))), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

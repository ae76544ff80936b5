"""HellaSwag's contexts and endings without the marks that WikiHow's pages left in them (as in lm-eval 0.4.13)."""

import re
from collections.abc import Mapping
from typing import Any

HEADING = " [title]"
MARK = re.compile(r"\[.*?\]")  # A dot ends at a line's end: marks do not reach over lines.


def process_docs(documents: Any) -> Any:
    """A `datasets.Dataset` with the columns `query`, `choices` and `gold` added."""
    return documents.map(_with_question)


def _with_question(row: Mapping[str, Any]) -> dict[str, Any]:
    if "ctx_a" not in row:  # Preprocessed already.
        return {"query": row["ctx"], "choices": row["endings"], "gold": int(row["label"])}
    context = f"{row['activity_label']}: {row['ctx_a']} {row['ctx_b'].capitalize()}"
    return {
        "query": _plain(context),
        "choices": [_plain(ending) for ending in row["endings"]],
        "gold": int(row["label"]),
    }


def _plain(text: str) -> str:
    return MARK.sub("", text.strip().replace(HEADING, ". ")).replace("  ", " ")

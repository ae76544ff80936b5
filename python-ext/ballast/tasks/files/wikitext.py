"""WikiText's pages as running text, and their perplexities by word and byte (as in lm-eval 0.4.13).

WikiText stands in tokens with spaces between: "1 @,@ 200 m ." is to become "1,200 m.". The order of the steps is part
of the meaning, and so are its flaws: between slashes a year's digit is lost, and quotes are paired from the left.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

SEPARATORS = [(f" @{mark}@ ", mark) for mark in "-,."]
PUNCTUATION = [(f" {mark} ", f"{mark} ") for mark in ":;.!?,"]
YEAR = re.compile(r"/' [0-9]/")
ENCLOSED = [
    (re.compile(r"\(\s*([^\)]*?)\s*\)"), r"(\1)"),
    (re.compile(r"\[\s*([^\]]*?)\s*\]"), r"[\1]"),
    (re.compile(r"{\s*([^}]*?)\s*}"), r"{\1}"),
    (re.compile(r"\"\s*([^\"]*?)\s*\""), r'"\1"'),
    (re.compile(r"'\s*([^']*?)\s*'"), r"'\1'"),
]
LAST = [("= = = =", "===="), ("= = =", "==="), ("= =", "=="), (" ° ", "°"), (" \n", "\n"), ("\n ", "\n"),
        (" N ", " 1 "), (" 's", "'s")]  # fmt: skip


def detokenized(row: Mapping[str, Any]) -> str:
    """The page of a row, as people write."""
    text = YEAR.sub("/'[0-9]/", row["page"].replace("s '", "s'"))
    for tokens, joined in SEPARATORS + PUNCTUATION:
        text = text.replace(tokens, joined)
    for pattern, tight in ENCLOSED:
        text = pattern.sub(tight, text)
    for tokens, joined in LAST:
        text = text.replace(tokens, joined)
    return text


def process_results(row: Mapping[str, Any], results: Sequence[float]) -> dict[str, tuple[float, int]]:
    """The page's log-likelihood in nats, with the words or bytes of the page as it stands in the row."""
    (log_likelihood,) = results
    by_byte = (log_likelihood, len(row["page"].encode()))
    by_word = (log_likelihood, len(re.split(r"\s+", row["page"])))
    return {"word_perplexity": by_word, "byte_perplexity": by_byte, "bits_per_byte": by_byte}

"""Filters of text answers, as lm-eval 0.4.13 has them (`lm_eval.filters`).

A filter takes the answers of several items, a list of texts for each, and those items' rows; the usual last one,
`take_first`, leaves one answer for each.
"""

import inspect
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ballast.errors import InvalidInputError

Row = Mapping[str, Any]
Filter = Callable[[Iterable[Any], Sequence[Row]], Iterable[Any]]
ANSWER = r"#### (\-?[0-9\.\,]+)"  # GSM8K's; lm-eval's default pattern.
INVALID = "[invalid]"


@dataclass(frozen=True)
class Pipeline:
    """Filters one after another, under the name that its scores carry."""

    name: str
    filters: Sequence[Filter]

    def apply(self, answers: Sequence[Sequence[Any]], rows: Sequence[Row]) -> list[Any]:
        """What is left of each item's answers.

        A filter of the task's own code sees as many items as are given, where lm-eval shows it all of the task's.

        Raises:
            InvalidInputError: a filter failed.
        """
        filtered: Iterable[Any] = answers
        try:
            for each in self.filters:
                filtered = list(each(filtered, rows))
        except Exception as error:  # It may be anybody's code, or a pattern without the group that is asked for.
            raise InvalidInputError(f"filter {self.name}: failed with {type(error).__name__}: {error}") from error
        return list(filtered)


def pipelines(content: Mapping[str, Any]) -> list[Pipeline]:
    """The pipelines of a task file; without `filter_list` the one that takes the first answer.

    Raises:
        InvalidInputError: a filter that does not exist, or options that it does not have.
    """
    listed = content.get("filter_list") or [{"name": "none", "filter": [{"function": "take_first"}]}]
    return [Pipeline(str(each["name"]), [_filter(step) for step in each["filter"]]) for each in listed]


def _filter(step: Mapping[str, Any]) -> Filter:
    name = step.get("function")
    options = {key: value for key, value in step.items() if key != "function"}
    if callable(name):  # lm-eval's form of a filter of one's own: a class with a method `apply`.
        return name(**options).apply
    if name not in FILTERS:
        raise InvalidInputError(f"filter_list: expected one of {', '.join(FILTERS)}, found {name!r}")
    try:
        inspect.signature(FILTERS[name]).bind(**options)
        return FILTERS[name](**options)
    except (TypeError, re.error) as error:
        raise InvalidInputError(f"filter_list: the filter {name} cannot be made of {options!r}: {error}") from error


def _each(function: Callable[[Any], Any]) -> Filter:
    return lambda answers, _rows: [[function(answer) for answer in item] for item in answers]


def _matched(pattern: re.Pattern[str], group: int, text: Any) -> str | None:
    """The match that is asked for, the first of its groups that caught something; None where nothing did."""
    found = pattern.findall(text if isinstance(text, str) else "")
    if not found:
        return None
    caught = [found[group]] if isinstance(found[group], str) else [each for each in found[group] if each]
    return caught[0] if caught else None


def _regex(regex_pattern: str = ANSWER, group_select: int = 0, fallback: str = INVALID) -> Filter:
    pattern = re.compile(regex_pattern)

    def found(answer: Any) -> str:
        matches = bool(pattern.findall(answer if isinstance(answer, str) else ""))
        match = _matched(pattern, group_select, answer)
        if match is not None:
            return match.strip()
        return fallback.strip() if matches else fallback  # Where no group caught anything, lm-eval strips this too.

    return _each(found)


def _regex_pos(regex_pattern: str = "", group_select: int = 0, fallback: list[str] | None = None) -> Filter:
    """The tags of `('word', 'TAG')`; the pattern and the group are read by nobody, in lm-eval neither."""
    tagged = re.compile(r"\('([^']*)', '([^']*)'\)")

    def tags(answer: Any) -> list[str]:
        pairs = tagged.findall(answer) if isinstance(answer, str) else answer
        return [tag for _, tag in pairs] or (["invalid"] if fallback is None else fallback)

    return _each(tags)


def _take_first() -> Filter:
    return lambda answers, _rows: [item[0] for item in answers]


def _take_first_k(k: int) -> Filter:
    def taken(answers: Iterable[Any], _rows: Sequence[Row]) -> list[Any]:
        items = list(answers)
        if items and len(items[0]) < k:
            raise ValueError(f"expected at least {k} answers to each question, found {len(items[0])}")
        return [item[:k] for item in items]

    return taken


def _majority_vote() -> Filter:
    return lambda answers, _rows: [[Counter(item).most_common(1)[0][0]] for item in answers]


def _map(mapping_dict: Mapping[Any, Any] | None = None, default_value: Any = None) -> Filter:
    return _each(lambda answer: (mapping_dict or {}).get(answer, default_value))


def _custom(filter_fn: Filter) -> Filter:
    return filter_fn


@lru_cache(maxsize=1)
def _punctuation() -> dict[int, None]:
    return dict.fromkeys(i for i in range(sys.maxunicode) if unicodedata.category(chr(i)).startswith("P"))


def _multi_choice_regex(
    regex_pattern: str = ANSWER,
    group_select: int = 0,
    fallback: str = INVALID,
    ignore_case: bool = False,
    ignore_punctuation: bool = False,
    regexes_to_ignore: Sequence[str] | None = None,
) -> Filter:
    """The letter "(A)" that an answer names: by the pattern, else by a choice's text, else by a letter after a colon.

    The rows need a column `choices`.
    """
    pattern = re.compile(regex_pattern)

    def plain(text: str) -> str:
        for each in regexes_to_ignore or ():
            text = re.sub(each, "", text)
        text = text.lower() if ignore_case else text
        return text.translate(_punctuation()) if ignore_punctuation else text

    def letter(answer: str, letters: Mapping[str, str], after_colon: re.Pattern[str]) -> str:
        by_pattern = (_matched(pattern, group_select, answer) or "").strip()
        if by_pattern:
            return by_pattern
        # The longest first: "Guilty" must not be found in "Guilty of fraud".
        texts = re.compile("|".join(sorted(map(re.escape, letters), key=len, reverse=True)))
        by_text = (_matched(texts, group_select, plain(answer)) or "").strip()
        if by_text:
            return letters.get(by_text, by_text)
        by_letter = (_matched(after_colon, group_select, answer) or "").strip()
        return f"({by_letter})" if by_letter else fallback

    def chosen(answers: Iterable[Any], rows: Sequence[Row]) -> list[Any]:
        filtered = []
        for item, row in zip(answers, rows, strict=True):
            texts = [plain(choice.strip()) for choice in row["choices"]]
            names = [chr(ord("A") + number) for number in range(len(texts))]
            letters = {text: f"({name})" for text, name in zip(texts, names, strict=True)}
            after_colon = re.compile(rf":[\s]*({'|'.join(names)})")
            filtered.append([letter(answer, letters, after_colon) for answer in item])
        return filtered

    return chosen


def _format_span() -> Filter:
    """Named entities as "per: Ann $ loc: Kenya"; MasakhaNER's tasks."""
    kinds = {"person": "PER", "location": "LOC", "organization": "ORG", "counties": "LOC", "places": "LOC",
             "people": "PER", "persons": "PER", "company": "ORG", "country": "LOC", "continent": "LOC", "time": "DATE",
             "date": "DATE", "per": "PER", "loc": "LOC", "org": "ORG"}  # fmt: skip

    def entities(answer: str) -> str:
        text = answer.lower()
        for word, kind in kinds.items():
            text = re.sub(rf"\b{word}\s*:", f"{kind}:", text)
        text = text.replace("$$", "$").rstrip("$").replace("\n", "$").strip()
        return " $ ".join(
            f"{kind.lower()}: {name.strip()}"
            for kind, names in re.findall(r"\b(PER|LOC|ORG|DATE):\s*([^$]+)", text)
            for name in names.split(",")
            if name.strip().lower() != "none"
        )

    return _each(entities)


FILTERS: dict[str, Callable[..., Filter]] = {
    "take_first": _take_first,
    "take_first_k": _take_first_k,
    "majority_vote": _majority_vote,
    "regex": _regex,
    "regex_pos": _regex_pos,
    "multi_choice_regex": _multi_choice_regex,
    "remove_whitespace": lambda: _each(str.strip),
    "lowercase": lambda: _each(str.lower),
    "uppercase": lambda: _each(str.upper),
    "map": _map,
    "format_span": _format_span,
    "custom": _custom,
}

"""What a task asks about each of its rows."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from ballast.errors import InvalidInputError
from ballast.tasks.fewshot import Shots
from ballast.tasks.metrics import MUTUAL_INFORMATION
from ballast.tasks.templates import render, render_value

MULTIPLE_CHOICE = "multiple_choice"
LOGLIKELIHOOD = "loglikelihood"
ROLLING = "loglikelihood_rolling"
GENERATE = "generate_until"
OUTPUT_TYPES = (MULTIPLE_CHOICE, LOGLIKELIHOOD, ROLLING, GENERATE)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """What is asked about one row.

    Attributes:
        row: as the templates saw it, after `process_docs`
        arguments: what the model is given: (context, continuation) for each choice (with acc_mutual_info then each
            choice again, without its context) or for the one continuation;
            (text,) for "loglikelihood_rolling"; (context,) for "generate_until"
        choices: the answers to choose from, as `acc_norm` measures their length
        gold: indices of the right choices, empty where it is none of them; for other kinds empty
        target: what `doc_to_target` gave
        by_context: whether the choices are contexts, and what follows them is the same: Winogrande
    """

    row: Row
    arguments: list[tuple[str, ...]]
    choices: list[str]
    gold: list[int]
    target: Any
    by_context: bool = False


@dataclass(frozen=True)
class Task:
    """A task as its file says it; the fields are lm-eval's keys, but for `choices_alone`: whether each choice is asked
    about without its context too, as a metric needs it.

    `doc_to_text`, `doc_to_target` and `doc_to_choice` may be a column's name, a template, a value, or a function of the
    row. `process_docs` is a function of a `datasets.Dataset`.
    """

    task: str
    output_type: str = GENERATE
    process_docs: Any = None
    doc_to_text: Any = None
    doc_to_target: Any = None
    doc_to_choice: Any = None
    description: str = ""
    target_delimiter: str = " "
    fewshot_delimiter: str = "\n\n"
    fewshot_config: Mapping[str, Any] = field(default_factory=dict)
    gen_prefix: str | None = None
    choices_alone: bool = False

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Task":
        """A task of what a file says; keys about data, metrics and filters are others' to read.

        Raises:
            InvalidInputError: no name, an output type that does not exist, or keys that Ballast cannot follow.
        """
        name = content.get("task")
        if not isinstance(name, str):
            raise InvalidInputError(f'expected a name under "task" in a task file, found {name!r}')
        if content.get("output_type", GENERATE) not in OUTPUT_TYPES:
            raise InvalidInputError(
                f'{name}: output_type: expected one of {", ".join(OUTPUT_TYPES)}, found {content["output_type"]!r}'
            )
        for key in ("use_prompt", "doc_to_image", "doc_to_audio", "class"):
            if content.get(key) is not None:
                raise InvalidInputError(f"{name}: expected a task of text and templates, found the key {key}")
        known = {each.name for each in fields(cls)} - {"choices_alone"}
        metrics = [entry.get("metric") for entry in content.get("metric_list") or []]
        return cls(
            choices_alone=MUTUAL_INFORMATION in metrics,
            **{key: value for key, value in content.items() if key in known and value is not None},
        )

    def questions(
        self, documents: Sequence[Row], shots: Shots | None = None, from_same: bool = False
    ) -> Iterator[Question]:
        """What is asked about each document, in order.

        Args:
            documents: as `documents` gives them; all have the first one's columns
            shots: examples that stand before each question
            from_same: whether these are drawn from the documents themselves

        Raises:
            InvalidInputError: a template that cannot be filled, with the row's number, from 0.
        """
        columns = frozenset(documents[0]) if documents else frozenset()
        by_context = False
        for number, row in enumerate(documents):
            try:
                question = self._question(row, columns, shots, from_same)
                if number == 0:
                    by_context = question.by_context
                elif question.by_context != by_context:
                    raise InvalidInputError("doc_to_text: expected a text in each row or a choice's number in each")
            except InvalidInputError as error:
                raise InvalidInputError(f"{self.task}, row {number}: {error}") from error
            yield question

    def _question(self, row: Row, columns: frozenset[str], shots: Shots | None, from_same: bool) -> Question:
        examples = shots.of(row, from_same) if shots is not None else []
        before = self._description(row, columns) + "".join(self._example(each, columns) for each in examples)
        target = self._target(row, columns, self.doc_to_target)
        if self.output_type == ROLLING:
            return Question(row, [(str(target),)], [], [], target)
        text = self._text(row, columns, self.doc_to_text)
        if self.output_type == MULTIPLE_CHOICE:
            return self._multiple_choice(row, columns, before, text, target)
        context = before + self._asked(text, self._prefix(row, columns, self.gen_prefix))
        if self.output_type == GENERATE:
            choices = [] if self.doc_to_choice is None else self._choices(row, columns, self.doc_to_choice)
            return Question(row, [(context,)], choices, [], target)
        return Question(row, [(context, str(target))], [], [], target)

    def _multiple_choice(self, row: Row, columns: frozenset[str], before: str, text: Any, target: Any) -> Question:
        choices = self._choices(row, columns, self.doc_to_choice)
        prefix = self._prefix(row, columns, self.gen_prefix)
        if isinstance(text, int):
            contexts = [before + self._asked(choice, prefix, delimiter="") for choice in choices]
            arguments = [(context, f"{self.target_delimiter}{target}") for context in contexts]
            arguments += self._alone(choices)
            return Question(row, arguments, choices, self._gold(text, choices), target, by_context=True)
        context = before + self._asked(text, prefix)
        arguments = [(context, f"{self.target_delimiter}{choice}") for choice in choices]
        return Question(row, arguments + self._alone(choices), choices, self._gold(target, choices), target)

    def _alone(self, choices: Sequence[str]) -> list[tuple[str, str]]:
        """The choices without what comes before them, where a metric compares the two."""
        if not self.choices_alone:
            return []
        return [("", f"{self.target_delimiter}{choice}") for choice in choices]

    @staticmethod
    def _gold(target: Any, choices: Sequence[str]) -> list[int]:
        wanted = target if isinstance(target, list) else [target]
        indices = [choices.index(each) if isinstance(each, str) and each in choices else each for each in wanted]
        # A whole number may come as 1.0: a column of numbers with a gap.
        return [int(each) for each in indices if isinstance(each, int | float) and each in range(len(choices))]

    def _example(self, row: Row, columns: frozenset[str]) -> str:
        """A question with its answer."""
        config = self.fewshot_config
        question = self._text(row, columns, config.get("doc_to_text", self.doc_to_text))
        to_choice = config.get("doc_to_choice", self.doc_to_choice)
        choices = self._choices(row, columns, to_choice) if to_choice is not None else []
        answer = self._target(row, columns, config.get("doc_to_target", self.doc_to_target))
        if isinstance(question, int):
            question, choices = choices[question], []
        if choices and isinstance(answer, int):
            answer = choices[answer]
        elif isinstance(answer, list):
            answer = answer[0]
        prefix = self._prefix(row, columns, config.get("gen_prefix", self.gen_prefix))
        delimiter = config.get("target_delimiter", self.target_delimiter)
        end = config.get("fewshot_delimiter", self.fewshot_delimiter)
        if answer == "":
            return self._asked(question, prefix, delimiter)
        joined = delimiter if not prefix or _wants_space(question, prefix) else ""
        return question + joined + _joined(prefix, str(answer)) + end

    def _asked(self, question: str, prefix: str | None, delimiter: str | None = None) -> str:
        """A question, and what the answer is to begin with."""
        if not isinstance(question, str):
            raise InvalidInputError(f"doc_to_text: expected a text, found {question!r}")
        if not prefix:
            return question
        delimiter = self.target_delimiter if delimiter is None else delimiter
        return question + (delimiter if _wants_space(question, prefix) else "") + prefix

    def _description(self, row: Row, columns: frozenset[str]) -> str:
        return self._prefix(row, columns, self.description) or ""

    @staticmethod
    def _prefix(row: Row, columns: frozenset[str], template: str | None) -> str | None:
        if not template:
            return template
        return row[template] if template in columns else render(template, row)

    def _text(self, row: Row, columns: frozenset[str], template: Any) -> Any:
        return self._value("doc_to_text", row, columns, template)

    def _target(self, row: Row, columns: frozenset[str], template: Any) -> Any:
        value = self._value("doc_to_target", row, columns, template)
        rendered = isinstance(template, str) and template not in columns and isinstance(value, str)
        if rendered and len(value) >= 2 and value[0] == "[" and value[-1] == "]":
            try:
                return ast.literal_eval(value)
            except (SyntaxError, ValueError):
                return value
        return value

    def _value(self, key: str, row: Row, columns: frozenset[str], template: Any) -> Any:
        """What a column's name, a template, a function or a value stands for; the digits of a choice are its index."""
        if callable(template):
            return _called(key, template, row)
        if not isinstance(template, str):
            return template
        if template in columns:
            return row[template]
        text = render(template, row)
        return int(text) if text.isdigit() and self.doc_to_choice is not None else text

    @staticmethod
    def _choices(row: Row, columns: frozenset[str], template: Any) -> list[str]:
        if callable(template):
            choices = _called("doc_to_choice", template, row)
        elif isinstance(template, str):
            choices = row[template] if template in columns else render_value(template, row)
        else:
            choices = list(template.values()) if isinstance(template, Mapping) else template
        if not isinstance(choices, list | tuple) or not choices or not all(isinstance(each, str) for each in choices):
            raise InvalidInputError(f"doc_to_choice: expected texts to choose from, found {choices!r}")
        return list(choices)


def _called(key: str, function: Any, row: Row) -> Any:
    try:
        return function(row)
    except Exception as error:  # It may be anybody's code.
        raise InvalidInputError(f"{key}: {function.__name__} failed with {type(error).__name__}: {error}") from error


def _wants_space(before: str, after: str) -> bool:
    return before != "" and not (before[-1].isspace() or after[0].isspace())


def _joined(prefix: str | None, answer: str) -> str:
    if not prefix:
        return answer
    if not answer:
        return prefix
    return prefix + (" " if _wants_space(prefix, answer) else "") + answer

"""A task while it is asked: its rows come in, its questions go out, the answers come back."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ballast.errors import BallastError, InvalidInputError
from ballast.tasks.answers import checked, results_of, results_of_text
from ballast.tasks.config import GENERATE, config_of, generation_of, version_of
from ballast.tasks.documents import documents_of
from ballast.tasks.fewshot import Shots
from ballast.tasks.filters import Pipeline, pipelines
from ballast.tasks.hashes import hash_of_row, hash_of_text
from ballast.tasks.metrics import Metrics
from ballast.tasks.source import Source
from ballast.tasks.task import MULTIPLE_CHOICE, ROLLING, Question, Row, Task
from ballast.tasks.task_file import read_task, read_task_file, told_as_another_form

TEST, FEWSHOT = "test", "fewshot"


class TaskSession:
    """One task, asked once: `add_rows`, `prepare`, `questions` in order, `results`.

    What goes across to Java is JSON.
    """

    def __init__(self, content: Mapping[str, Any], file: Path | None, folder: Path, trusted: bool = False) -> None:
        """
        Args:
            content: of a task file
            file: where it stands; None for a task given in place
            folder: that relative paths begin at
            trusted: whether it may name data files outside of that folder

        Raises:
            InvalidInputError: a task that Ballast cannot ask or score.
        """
        self.task = Task.of(content)
        self._content = dict(content)
        self._file = file
        self.source = Source.of(content, folder, trusted)
        self._metrics = Metrics.of(content, self.task.output_type)
        self._pipelines = self._checked_pipelines()
        self._process_results = content.get("process_results")
        if content.get("repeats", 1) != 1:
            raise self._error(f"repeats: expected 1, found {content['repeats']}: Ballast asks once")
        self._rows: dict[str, list[Row]] = {TEST: [], FEWSHOT: []}
        self._shots: int | None = None
        self._asked: list[Question] = []
        self._pending: Iterator[Question] = iter(())

    @classmethod
    def open(cls, file: str, trust_code: bool) -> "TaskSession":
        """A task of a file; `read_task_file` says what is refused."""
        path = Path(file).resolve()
        with told_as_another_form(str(path)):
            return cls(read_task_file(path, trust_code), path, path.parent, trust_code)

    @classmethod
    def of(cls, content: Mapping[str, Any], trust_code: bool = False) -> "TaskSession":
        """A task given in place; with `include` the absolute path of a file, whose keys it overrides."""
        included = content.get("include")
        folder = Path(included).parent if isinstance(included, str) else Path.cwd()
        with told_as_another_form(f"the task {content.get('task')}"):
            return cls(read_task(content, folder, trust_code), None, folder, trust_code)

    @property
    def scored_in_python(self) -> bool:
        """Whether `results` is to be asked; else a metric follows from log-likelihoods alone."""
        return self.task.output_type == GENERATE or self._process_results is not None

    def describe(self) -> dict[str, Any]:
        """What Java needs to know; `ballast.bridge.describe_task` documents it."""
        with told_as_another_form(f"the task {self.task.task}"):
            return self._described()

    def _described(self) -> dict[str, Any]:
        generation = generation_of(self._content) if self.task.output_type == GENERATE else None
        if generation is not None and isinstance(generation["until"], str):
            generation["until"] = [generation["until"]]
        return {
            "task": self.task.task,
            "outputType": self.task.output_type,
            "version": version_of(self._content),
            "shots": self._content.get("num_fewshot"),
            **self.source.describe(),
            "fewshotSamplesInline": self.source.fewshot is None,
            "metrics": [
                {
                    "metric": metric.name,
                    "filter": pipeline.name,
                    "aggregation": metric.aggregation,
                    "higherIsBetter": metric.higher_is_better,
                }
                for pipeline in self._pipelines
                for metric in self._metrics.metrics
            ],
            "leftOut": [{"metric": name, "reason": reason} for name, reason in self._metrics.left_out.items()],
            "generation": generation,
            "scoredInPython": self.scored_in_python,
            "config": self._config(),
        }

    def add_rows(self, split: str, rows: Sequence[Row]) -> None:
        """More rows of "test" or "fewshot"; those of a hub or a file, before `process_docs`."""
        if not all(isinstance(row, Mapping) for row in rows):
            raise self._error("expected rows of named columns")
        self._rows[split].extend(rows)

    def prepare(self, shots: int, limit: int | None, seed: int) -> int:
        """Makes ready to ask, from the first question on.

        Args:
            shots: examples before each question
            limit: how many questions at most
            seed: of the draws of examples

        Returns:
            how many documents there are, the limit aside.

        Raises:
            InvalidInputError: no documents, or `process_docs` failed.
        """
        documents = documents_of(self.task.task, self._rows[TEST], self.task.process_docs)
        if not documents:
            raise self._error("expected rows to ask about, found none")
        with told_as_another_form(f"the task {self.task.task}"):
            return self._prepared(documents, shots, limit, seed)

    def _prepared(self, documents: Sequence[Row], shots: int, limit: int | None, seed: int) -> int:
        drawn, from_same = self._examples(documents, shots)
        sampler = self.task.fewshot_config.get("sampler", "default")
        asked = self.task.questions(
            documents, Shots(drawn, shots, sampler, seed) if shots else None, from_same and shots > 0
        )
        self._pending = islice(asked, limit)
        self._asked = []
        self._shots = shots
        return len(documents)

    def questions(self, start: int, count: int) -> list[dict[str, Any]]:
        """The next questions.

        Args:
            start: how many were given before: examples are drawn from one stream
            count: how many at most

        Raises:
            InvalidInputError: a row that cannot be asked about; names task, row and field.
        """
        if start != len(self._asked):
            raise IndexError(f"{self.task.task}: expected the questions from {len(self._asked)} on, found {start}")
        with told_as_another_form(f"the task {self.task.task}"):
            return self._given(count)

    def _given(self, count: int) -> list[dict[str, Any]]:
        given = []
        for question in islice(self._pending, count):
            self._check_gold(question)
            self._asked.append(question)
            given.append(
                {
                    "doc": question.row,
                    "docHash": hash_of_row(question.row),
                    "promptHash": hash_of_text(question.arguments[0][0]),
                    "targetHash": hash_of_text(str(question.target)),
                    "arguments": question.arguments,
                    "choices": question.choices,
                    "gold": [int(each) for each in question.gold],
                    "target": str(question.target),
                }
            )
        return given

    def results(self, start: int, responses: Sequence[Any]) -> list[list[dict[str, Any]]]:
        """What questions that were given came to: for each of them and each filter, the metrics.

        Args:
            start: the first question's number
            responses: a text for each question, or for each of its arguments [log-likelihood, whether greedy]

        Raises:
            InvalidInputError: a filter or a metric failed; names task and row.
        """
        questions = self._asked[start : start + len(responses)]
        if not self.scored_in_python:
            raise TypeError(f"{self.task.task}: its metrics follow from log-likelihoods")
        if len(questions) < len(responses):
            raise IndexError(f"{self.task.task}: expected answers to questions that were given")
        by_filter = [(each.name, self._filtered(each, questions, responses)) for each in self._pipelines]
        return [
            [
                {"filter": name, "filtered": filtered[i], "metrics": self._scored(start + i, question, filtered[i])}
                for name, filtered in by_filter
            ]
            for i, question in enumerate(questions)
        ]

    def aggregate(self, name: str, values: Sequence[Any]) -> tuple[float, float | None]:
        """A number that follows from all items at once, and its standard error, None where lm-eval has none.

        Args:
            name: of a metric whose aggregation is "whole"
            values: of the metric, one an item

        Raises:
            InvalidInputError: the values are none of which it can be made, or the task's own code failed.
        """
        (metric,) = (each for each in self._metrics.metrics if each.name == name)
        try:
            return metric.whole.of(values)
        except BallastError:
            raise
        except Exception as error:  # It may be anybody's code.
            raise self._error(
                f"metric {name}: its aggregation failed on {len(values)} items with {type(error).__name__}: {error}"
            ) from error

    def _config(self) -> dict[str, Any]:
        shots = {} if self._shots is None else {"num_fewshot": self._shots}
        return config_of(self._content | shots, None if self._file is None else str(self._file))

    def _filtered(self, pipeline: Pipeline, questions: Sequence[Question], responses: Sequence[Any]) -> list[Any]:
        if self.task.output_type != GENERATE:  # Its pipeline takes the first of one.
            return [list(response) for response in responses]
        try:
            return pipeline.apply([[text] for text in responses], [question.row for question in questions])
        except InvalidInputError as error:
            raise self._error(str(error)) from error

    def _scored(self, number: int, question: Question, filtered: Any) -> dict[str, Any]:
        try:
            if self._process_results is None:
                # lm-eval, too, goes by the first document.
                several = isinstance(self._asked[0].target, list)
                given = results_of_text(self._metrics.metrics, question, filtered, several)
            elif self.task.output_type == GENERATE:
                given = results_of(self._process_results, question, [filtered])
            else:
                pairs = [each[0] if self.task.output_type == ROLLING else tuple(each) for each in filtered]
                given = results_of(self._process_results, question, pairs)
            return {metric.name: checked(metric, given) for metric in self._metrics.metrics}
        except InvalidInputError as error:
            raise self._error(str(error), number) from error

    def _examples(self, documents: list[Row], shots: int) -> tuple[list[Row], bool]:
        """What examples are drawn from, and whether the question may be among them."""
        config = self.task.fewshot_config
        if shots == 0:
            return [], False
        if self.source.fewshot is None:
            samples = config["samples"]
            return list(samples() if callable(samples) else samples), self.source.leaves_question_out()
        own = self.source.configured is not None and config.get("process_docs") is not None
        process_docs = config["process_docs"] if own else self.task.process_docs
        if self._rows[FEWSHOT]:
            return documents_of(self.task.task, self._rows[FEWSHOT], process_docs), self.source.leaves_question_out()
        return (documents_of(self.task.task, self._rows[TEST], process_docs) if own else documents), True

    def _check_gold(self, question: Question) -> None:
        if self.task.output_type == MULTIPLE_CHOICE and not question.gold and self._process_results is None:
            raise self._error(
                f"doc_to_target: expected the index or the text of one of the {len(question.choices)} choices, found "
                f"{question.target!r}",
                len(self._asked),
            )

    def _checked_pipelines(self) -> list[Pipeline]:
        try:
            made = pipelines(self._content)
        except InvalidInputError as error:
            raise self._error(str(error)) from error
        steps = [step.get("function") for each in self._content.get("filter_list") or () for step in each["filter"]]
        if self.task.output_type != GENERATE and any(step != "take_first" for step in steps):
            raise self._error(f"filter_list: expected no filter of texts in a task of {self.task.output_type}")
        return made

    def _error(self, message: str, row: int | None = None) -> InvalidInputError:
        where = "" if row is None else f", row {row}"
        return InvalidInputError(f"{self.task.task}{where}: {message}")

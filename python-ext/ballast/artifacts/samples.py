"""`samples_TASK_DATE.jsonl` of an evaluation: one item a line, in lm-eval's form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ballast.artifacts import records


@dataclass(frozen=True)
class Sample:
    """One item and what a model made of it.

    Attributes:
        doc_id: index of the row
        doc: the row
        target: the right answer, an index as text, or a text
        arguments: the texts of each request by `gen_args_N`: `arg_0` is given, `arg_1` is scored
        resps, filtered_resps: what the model said; of a likelihood [log-probability in nats, greedy] as texts
        filter: its name, or "none"
        metrics: names of what was measured
        values: by metric: a number, or [log-likelihood, weight]
    """

    doc_id: int
    doc: Mapping[str, Any]
    arguments: Mapping[str, Any]
    resps: Sequence[Any]
    filtered_resps: Sequence[Any]
    filter: str
    metrics: Sequence[str]
    doc_hash: str
    prompt_hash: str
    target_hash: str
    target: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any, where: str) -> "Sample":
        """Of a line's document.

        Raises:
            InvalidInputError: it is no sample.
        """
        sample = records.read(cls, document, where, rename=str)
        return replace(sample, values={name: document[name] for name in sample.metrics if name in document})

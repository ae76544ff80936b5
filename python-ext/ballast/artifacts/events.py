"""`events.jsonl` of a run, and the events that a run tells while it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ballast.artifacts import records
from ballast.errors import InvalidInputError

FILE = "events.jsonl"
_OF_EACH = ("time", "type", "phase", "step")


@dataclass(frozen=True)
class _Said:
    type: str
    phase: str
    step: int


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        time: when, UTC
        type: started, phase, step, stage, scoring, scores, warning, smaller-batch, finished and others
        phase: general, a domain's name, or a stage's name; empty outside of one
        step: optimizer step from 1 (items scored, for "scoring"), 0 outside of a phase
        fields: what the type adds, by the names of `ballast schema events`
    """

    time: datetime
    type: str
    phase: str
    step: int
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, document: Any, where: str) -> "Event":
        """Of a line's document.

        Raises:
            InvalidInputError: it is no event.
        """
        if not isinstance(document, Mapping) or not set(_OF_EACH) <= set(document):
            raise InvalidInputError(f"expected an event with {', '.join(_OF_EACH)} in {where}, found {document!r:.80}")
        fields = {name: value for name, value in document.items() if name not in _OF_EACH}
        try:
            time = datetime.fromisoformat(document["time"])
        except (TypeError, ValueError) as broken:
            raise InvalidInputError(f"expected an event's time in {where}, found {document['time']!r:.60}") from broken
        said = records.read(_Said, document, where)
        return cls(time, said.type, said.phase, said.step, fields)

"""The folder of a run."""

import os
import re
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ballast.artifacts import events, records
from ballast.artifacts.anchor_description import AnchorDescription
from ballast.artifacts.events import Event
from ballast.artifacts.result import Result
from ballast.artifacts.samples import Sample
from ballast.errors import InvalidInputError

if TYPE_CHECKING:
    import pandas


class Run:
    """What a run left. The result is read once; everything else when it is asked for.

    Attributes:
        folder: of the run
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    @cached_property
    def result(self) -> Result:
        """`result.json`."""
        return Result.read(self.folder)

    @cached_property
    def experiment(self) -> dict[str, Any]:
        """`experiment.json`: every default written out."""
        return records.document(self.folder / "experiment.json", "a run's experiment.json")

    @property
    def model(self) -> Path:
        """What `from_pretrained` reads: the trained model, or its adapter."""
        return self.folder / "model"

    def anchor(self) -> AnchorDescription:
        """`anchor/anchor.json`; `Anchor.load(run.folder / "anchor")` reads its tensors too."""
        return AnchorDescription.read(self.folder / "anchor")

    def events(self) -> list[Event]:
        """`events.jsonl`, in order."""
        path = self.folder / events.FILE
        return [Event.of(line, str(path)) for line in records.lines(path, f"a run's {events.FILE}")]

    def stages(self) -> list[str]:
        """Names of the stages that were evaluated, sorted."""
        return sorted(path.name for path in (self.folder / "evaluation").glob("*/") if path.name != "flips")

    def samples(self, task: str, stage: str) -> list[Sample]:
        """The items of a task, in the data's order.

        Args:
            task: name of an entry of the evaluation
            stage: one of `stages()`

        Raises:
            InvalidInputError: there are none of that name.
        """
        begin = "samples_" + re.sub(r"[^\w.-]", "_", task) + "_"
        evaluation = self.folder / "evaluation" / stage
        found = sorted(path for path in evaluation.glob("samples_*.jsonl")
                       if re.fullmatch(re.escape(begin) + r"[0-9T.-]+\.jsonl", path.name))  # fmt: skip
        if not found:
            there = ", ".join(sorted(path.name for path in evaluation.glob("samples_*"))) or "nothing"
            raise InvalidInputError(
                f"expected {begin}DATE.jsonl in {evaluation}, found {there}; the stages are {', '.join(self.stages())}"
            )
        return [Sample.of(line, str(found[-1])) for line in records.lines(found[-1], "samples")]

    def losses_frame(self) -> "pandas.DataFrame":
        """A row for each look at the loss: phase, step, time, and what the event has."""
        import pandas

        steps = [event for event in self.events() if event.type == "step"]
        rows = [{"phase": event.phase, "step": event.step, "time": event.time, **event.fields} for event in steps]
        return pandas.DataFrame(rows)

    def samples_frame(self, task: str, stage: str) -> "pandas.DataFrame":
        """A row an item: its keys, and a column for each metric."""
        import pandas

        rows = [asdict(sample) | dict(sample.values) for sample in self.samples(task, stage)]
        return pandas.DataFrame(rows).drop(columns="values", errors="ignore")

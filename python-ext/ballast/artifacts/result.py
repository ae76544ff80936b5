"""`result.json` of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ballast.artifacts import records

if TYPE_CHECKING:
    import pandas

SCHEMA = 1
FILE = "result.json"


@dataclass(frozen=True)
class Score:
    """A metric of a task at a stage; `stderr` is over items, None where there is one item only."""

    stage: str
    task: str
    role: str
    metric: str
    value: float
    n: int
    higher_is_better: bool
    stderr: float | None = None


@dataclass(frozen=True)
class ScoreChange:
    """How a metric changed from the stage `base` to the last one, on the same items; see Java's `ScoreChange`."""

    task: str
    metric: str
    before: float
    after: float
    change: float
    higher_is_better: bool
    ci95: tuple[float, ...]
    p: float
    test: str
    newly_wrong: int
    newly_right: int
    n: int
    adjusted_p: float | None = None
    smallest_change: float | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class CalibrationChange:
    """How sure the model is of its answers: `ece`, a share, or `margin`, nats."""

    task: str
    measure: str
    before: float
    after: float
    change: float
    higher_is_better: bool
    ci95: tuple[float, ...]
    n: int


@dataclass(frozen=True)
class SubjectChange:
    """Shares of a subject's items that are right, before and after."""

    task: str
    metric: str
    subject: str
    before: float
    after: float
    change: float
    p: float
    adjusted_p: float
    newly_wrong: int
    newly_right: int
    n: int
    smallest_change: float | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class Phase:
    """A phase of training; losses in nats per token.

    Attributes:
        reduced_batch_size: rows computed at once where the device had no room for a whole batch
    """

    name: str
    steps: int
    tokens: int
    seconds: float
    tokens_per_second: float
    peak_memory_bytes: int
    first_loss: float
    last_loss: float
    wait_share: float
    reduced_batch_size: int | None = None


@dataclass(frozen=True)
class ImportanceLayer:
    """A layer's importance: ‖Ω‖₂, ‖Ω‖₂ / √parameters, and its coefficient α."""

    name: str
    parameters: int
    norm: float
    rms: float
    alpha: float


@dataclass(frozen=True)
class Importance:
    """What measuring importance found and cost; None where the method has no such number.

    `seconds_added` is what it took beside the optimizer's steps: after the general phase, and for batches of its own.
    """

    method: str
    seconds_added: float
    bytes: int
    model_bytes: int
    alpha_entropy: float
    layers: tuple[ImportanceLayer, ...]
    loss_gained: float = float("nan")
    importance_bytes: int | None = None
    storage: str | None = None
    storage_error: float | None = None
    sum_omega: float | None = None
    clamped_share: float | None = None
    xi: float | None = None
    samples: int | None = None


@dataclass(frozen=True)
class Result:
    """What came out of a run.

    Attributes:
        status: completed, stopped or failed; `message` says why
        started, finished: ISO 8601, UTC
        environment: versions, device and hashes that the run depended on
        forgetting: what became of each general score; `learned`: of each domain score
        matrices: of several domains, as in the file
        forecast: what `ballast validate` foresaw, as in the file
        artifacts: relative paths of what the run left, by kind
    """

    schema: int
    name: str
    status: str
    started: str
    finished: str
    environment: Mapping[str, Any]
    scores: tuple[Score, ...]
    forgetting: tuple[ScoreChange, ...]
    phases: tuple[Phase, ...]
    artifacts: Mapping[str, str]
    message: str | None = None
    groups: tuple[Score, ...] = ()
    learned: tuple[ScoreChange, ...] = ()
    calibration: tuple[CalibrationChange, ...] = ()
    subjects: tuple[SubjectChange, ...] = ()
    matrices: Sequence[Mapping[str, Any]] = ()
    importance: Importance | None = None
    forecast: Mapping[str, Any] = field(default_factory=dict)
    disk_bytes: int | None = None

    @classmethod
    def read(cls, folder: Path) -> "Result":
        """Of a run's folder.

        Raises:
            InvalidInputError: there is none, or one of another schema.
        """
        return records.read_file(cls, folder / FILE, SCHEMA, f"a run's {FILE}")

    def scores_frame(self) -> "pandas.DataFrame":
        """A row a score."""
        return _frame(Score, self.scores)

    def changes_frame(self) -> "pandas.DataFrame":
        """A row for each score's change, what was to be kept first; the column `role` says which is which."""
        frame = _frame(ScoreChange, self.forgetting + self.learned)
        frame.insert(0, "role", ["general"] * len(self.forgetting) + ["domain"] * len(self.learned))
        return frame

    def phases_frame(self) -> "pandas.DataFrame":
        """A row a phase."""
        return _frame(Phase, self.phases)

    def layers_frame(self) -> "pandas.DataFrame":
        """A row for each layer's importance; none where none was measured."""
        return _frame(ImportanceLayer, self.importance.layers if self.importance else ())


def _frame(record: type, rows: Sequence[Any]) -> "pandas.DataFrame":
    import pandas

    return pandas.DataFrame([asdict(row) for row in rows], columns=list(record.__dataclass_fields__))

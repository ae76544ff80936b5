"""What a run leaves in its folder, read: the twin of Java's `io.ballast.artifacts`.

A later version may write more keys, which are passed over, and reads what this one wrote.
"""

from ballast.artifacts.anchor_description import AnchorDescription
from ballast.artifacts.events import Event
from ballast.artifacts.result import (
    CalibrationChange,
    Importance,
    ImportanceLayer,
    Phase,
    Result,
    Score,
    ScoreChange,
    SubjectChange,
)
from ballast.artifacts.run import Run
from ballast.artifacts.samples import Sample

__all__ = [
    "AnchorDescription",
    "CalibrationChange",
    "Event",
    "Importance",
    "ImportanceLayer",
    "Phase",
    "Result",
    "Run",
    "Sample",
    "Score",
    "ScoreChange",
    "SubjectChange",
]

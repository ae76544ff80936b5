"""What goes wrong, and whose turn it is.

Java maps `kind` to a typed exception and an exit code; everything that is not a `BallastError` is a bug of ours.
A message says what was expected, what was found, where, and what to do.
"""

from pathlib import Path


class BallastError(Exception):
    """An error that the user, not the programmer, can do something about.

    Attributes:
        kind: what Java makes its exception of
        exit_code: of the command line, where such an error ends it
        run_folder: of the run that it ended, where there is one: what was written so far is there
    """

    kind: str
    exit_code: int
    run_folder: Path | None = None


class InvalidInputError(BallastError):
    """The user's input is wrong: a setting, a file, a model."""

    kind = "input"
    exit_code = 2


class PluginError(InvalidInputError):
    """Code of the user's own that an experiment names is not there, or failed. The message has its file and line."""

    kind = "plugin"


class EnvironmentMissingError(BallastError):
    """Something that has to be installed, or a device, is not there."""

    kind = "environment"
    exit_code = 3


class TrainingFailedError(BallastError):
    """Training could not go on: it diverged, or memory ran out."""

    kind = "training"
    exit_code = 4


class DivergedError(TrainingFailedError):
    """Training met a loss or a gradient that is not finite."""

    kind = "diverged"


class StoppedError(BallastError):
    """Somebody stopped a run before its end."""

    kind = "stopped"
    exit_code = 5


class OrchestratorError(BallastError):
    """The Java side ended as it should not: a bug in Ballast, or something ended the process."""

    kind = "internal"
    exit_code = 1

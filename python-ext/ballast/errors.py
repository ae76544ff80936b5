"""What goes wrong, and whose turn it is.

Java maps `kind` to a typed exception and an exit code; everything that is not a `BallastError` is a bug of ours.
A message says what was expected, what was found, where, and what to do.
"""


class BallastError(Exception):
    """An error that the user, not the programmer, can do something about."""

    kind: str


class InvalidInputError(BallastError):
    """The user's input is wrong: a setting, a file, a model."""

    kind = "input"


class EnvironmentMissingError(BallastError):
    """Something that has to be installed, or a device, is not there."""

    kind = "environment"


class DivergedError(BallastError):
    """Training met a loss or a gradient that is not finite."""

    kind = "diverged"

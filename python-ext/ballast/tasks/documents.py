"""Rows as a task's templates see them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ballast.errors import EnvironmentMissingError, InvalidInputError

Row = Mapping[str, Any]


def documents_of(task: str, rows: Sequence[Row], process_docs: Callable[[Any], Any] | None) -> list[Row]:
    """What `process_docs`, a function of a `datasets.Dataset`, makes of rows; without one, the rows.

    Raises:
        InvalidInputError: `process_docs` failed, which names the task.
        EnvironmentMissingError: there is one, and no package datasets.
    """
    if process_docs is None or not rows:
        return list(rows)
    try:
        import datasets
    except ImportError as error:
        raise EnvironmentMissingError(
            f"{task}: process_docs is a function of a data set of the package datasets, which is not installed"
        ) from error
    hidden = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        return list(process_docs(datasets.Dataset.from_list([dict(row) for row in rows])))
    except Exception as error:  # It may be anybody's code.
        raise InvalidInputError(f"{task}: process_docs failed with {type(error).__name__}: {error}") from error
    finally:
        if not hidden:
            datasets.enable_progress_bars()

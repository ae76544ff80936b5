"""Scalars for TensorBoard."""

from pathlib import Path

from ballast.errors import InvalidInputError


class Scalars:
    """An event file in a folder. Closing it twice is allowed."""

    def __init__(self, folder: Path):
        self._folder, self._writer = folder, None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(error) from error

    def add(self, step: int, values: dict[str, float]) -> None:
        writer = self._opened()
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _opened(self):
        """Opened with the first values: TensorBoard takes a third of a second to import, which a run has not before its
        first step."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            try:
                self._writer = SummaryWriter(str(self._folder))
            except OSError as error:
                raise self._refused(error) from error
        return self._writer

    def _refused(self, error: OSError) -> InvalidInputError:
        return InvalidInputError(f"cannot write to {self._folder}: {error.strerror}; choose another output folder")

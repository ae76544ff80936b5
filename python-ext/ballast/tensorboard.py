"""Scalars for TensorBoard."""

from pathlib import Path

from ballast.errors import InvalidInputError


class Scalars:
    """An event file in a folder. Closing it twice is allowed."""

    def __init__(self, folder: Path):
        from torch.utils.tensorboard import SummaryWriter

        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = SummaryWriter(str(folder))
        except OSError as error:
            raise InvalidInputError(
                f"cannot write to {folder}: {error.strerror}; choose another output folder"
            ) from error

    def add(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()

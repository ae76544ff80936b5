"""A disk that is full, or cannot be written, is said as such, whichever library met it."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ballast.errors import BallastError, EnvironmentMissingError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EROFS, errno.EACCES}
_IN_TEXT = re.compile(r"os error (\d+)")


@contextmanager
def explained_disk_errors(folder: Path) -> Iterator[None]:
    """Turns "no space left" and "read-only" inside into what was written, where, and what to do.

    safetensors and ONNX raise errors of their own, which hold the number only as text.
    """
    try:
        yield
    except BallastError:
        raise
    except Exception as error:
        number = _number(error)
        if number in FULL:
            free = shutil.disk_usage(_existing(folder)).free
            raise EnvironmentMissingError(
                f"expected room on the disk for {folder}, found {free:,} bytes free when it was full ({error}); free "
                "some, or name a folder on another disk"
            ) from error
        if number in CLOSED:
            raise EnvironmentMissingError(
                f"expected a folder that can be written at {folder}, found {error}; let it be written, or name another"
            ) from error
        raise


def _number(error: Exception) -> int | None:
    in_text = _IN_TEXT.search(str(error))
    return getattr(error, "errno", None) or (int(in_text[1]) if in_text else None)


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.absolute().parents) if each.is_dir())

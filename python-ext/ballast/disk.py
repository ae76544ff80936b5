"""A full disk is said as such, whichever library met it."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ballast.errors import BallastError, EnvironmentMissingError

FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def explained_disk_errors(folder: Path) -> Iterator[None]:
    """Turns "no space left" inside into what was written, where, and what to do.

    safetensors and ONNX raise errors of their own, which hold the number only as text.
    """
    try:
        yield
    except BallastError:
        raise
    except Exception as error:
        if not _is_full(error):
            raise
        free = shutil.disk_usage(folder if folder.is_dir() else folder.parent).free
        raise EnvironmentMissingError(
            f"expected room on the disk for {folder}, found {free:,} bytes free when it was full ({error}); free some, "
            "or name a folder on another disk"
        ) from error


def _is_full(error: Exception) -> bool:
    return getattr(error, "errno", None) in FULL or any(f"os error {number}" in str(error) for number in FULL)

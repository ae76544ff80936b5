import errno

import pytest

from ballast.disk import explained_disk_errors
from ballast.errors import EnvironmentMissingError


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), RuntimeError("I/O error: No space left on device (os error 28)")]
)
def test_a_full_disk_is_said_as_such_whichever_library_met_it(tmp_path, error):
    with pytest.raises(EnvironmentMissingError, match=r"room on the disk for .*out, found [\d,]+ bytes free"):
        with explained_disk_errors(tmp_path / "out"):
            raise error


@pytest.mark.parametrize("error", [OSError(errno.EROFS, "read-only"), RuntimeError("I/O error: ... (os error 30)")])
def test_a_folder_that_cannot_be_written_is_said_as_such(tmp_path, error):
    with pytest.raises(EnvironmentMissingError, match=r"can be written at .*out, found"):
        with explained_disk_errors(tmp_path / "out"):
            raise error


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(KeyError), explained_disk_errors(tmp_path):
        raise KeyError("x")

import subprocess
import sys

import pytest

from ballast.errors import InvalidInputError
from ballast.java.tensorboard import Scalars


def test_scalars_are_read_by_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    scalars = Scalars(tmp_path / "run" / "tensorboard")
    scalars.add(1, {"loss": 2.5, "learningRate": 1e-4})
    scalars.add(2, {"loss": 2.25})
    scalars.close()
    scalars.close()
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 2.5), (2, 2.25)]
    assert events.Tags()["scalars"] == ["loss", "learningRate"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InvalidInputError, match="cannot write to .*file"):
        Scalars(tmp_path / "file" / "tensorboard")


def test_tensorboard_is_not_imported_before_there_is_something_to_write(tmp_path):
    program = (
        "import sys, pathlib; from ballast.java.tensorboard import Scalars; "
        "scalars = Scalars(pathlib.Path(sys.argv[1]));"
        "assert not any(name.startswith('tensorboard') for name in sys.modules); scalars.close()"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)

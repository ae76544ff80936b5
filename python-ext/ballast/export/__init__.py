"""A trained model as other programs read it: a PEFT adapter, a whole checkpoint, an ONNX graph.

Each format is a module with `write(opened, folder, request)` and `read(folder)`, which opens what was written as its
readers do. `probe` holds what the model said before; `comparison` tells whether what was written says the same.
"""

from pathlib import Path

from ballast.disk import explained_disk_errors
from ballast.export import adapter, merged, onnx
from ballast.export.comparison import compare
from ballast.export.probe import Probe
from ballast.export.request import Request
from ballast.models import OpenedModel
from ballast.models.checkpoints import give_usual_mode

FORMATS = {"adapter": adapter, "merged": merged, "onnx": onnx}


def write(opened: OpenedModel, format: str, folder: Path, request: Request) -> dict:
    """Writes a model into an empty folder; the model may be changed by it and is good for nothing afterwards.

    Returns:
        What the format has to say of it, for the document.

    Raises:
        InvalidInputError: the model has no such form.
        EnvironmentMissingError: a package or room on the disk is missing.
    """
    with explained_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        details = FORMATS[format].write(opened, folder, request)
        give_usual_mode(folder)
        return details


def compared(probe: Probe, format: str, folder: Path, dtype: str) -> dict:
    """What is in the folder against what the model said; see `comparison.compare`."""
    return compare(probe, FORMATS[format].read(folder), dtype)

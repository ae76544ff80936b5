"""Methods against forgetting: one file each. A new file in this folder is found by itself."""

import importlib
import pkgutil

from ballast.methods.method import Method, PhaseStart, option
from ballast.methods.registry import create, describe, find, names, register, retain

__all__ = ["Method", "PhaseStart", "create", "describe", "discover", "find", "names", "option", "register", "retain"]


def discover() -> None:
    """Imports every module of this folder, which registers the methods in them."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


discover()

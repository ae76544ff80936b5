"""Methods against forgetting: one file each. A new file in this folder is found by itself."""

import importlib
import pkgutil

from ballast.methods.registry import Method, create, names, needs, register

__all__ = ["Method", "create", "discover", "names", "needs", "register"]


def discover() -> None:
    """Imports every module of this folder, which registers the methods in them."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


discover()

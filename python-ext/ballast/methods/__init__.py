"""Methods against forgetting: one file each. A new file in this folder is found by itself."""

import importlib
import pkgutil

from ballast.methods.registry import Method, create, names, register

__all__ = ["Method", "create", "names", "register"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

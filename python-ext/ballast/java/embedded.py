"""Run once by the Java side in the namespace from which it calls: ``bridge.FUNCTION``."""

import gc

gc.disable()  # Imports make objects that stay: to look through them again and again takes a seventh of the time.
from ballast import bridge  # noqa: E402, F401  (called by name)

gc.enable()

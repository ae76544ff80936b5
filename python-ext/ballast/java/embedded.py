"""Run once by the Java side in the namespace from which it calls: ``bridge.FUNCTION``."""

from ballast import bridge  # noqa: F401  (called by name)

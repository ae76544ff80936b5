"""What holds a model to what it knew: the penalty while it trains, and what can still be done afterwards."""

from ballast.retention.retention import OBJECTIVE, Retention

__all__ = ["OBJECTIVE", "Retention"]

"""How importance is measured: along the path of a training, or of gradients sample by sample."""

from ballast.measurement.measurement import Measurement

__all__ = ["Measurement"]

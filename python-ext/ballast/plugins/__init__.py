"""Code of the user's own that an experiment names as `package.module:Name`."""

from ballast.plugins.loading import Plugin, load, look_in
from ballast.plugins.metric import ItemMetric
from ballast.plugins.stopping import StoppingRule
from ballast.plugins.transform import RowTransform

__all__ = ["ItemMetric", "Plugin", "RowTransform", "StoppingRule", "load", "look_in"]

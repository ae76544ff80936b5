"""What a notebook need not say.

An experiment's defaults stand in Java; `test_defaults.py` holds the two equal. Those of a method (its form, its λ, its
options) stand with the method.
"""

XI = 1.0
XI_IS_RELATIVE = True
REFERENCE = "end"
LAYER_COEFFICIENTS = "scaled"
LAYERS = "block"
NORMALIZE = "mean"

"""The anchor: importance, θ* and where they come from, as one artefact; whether it belongs to a model; two compared."""

from ballast.anchors.anchor import Anchor

__all__ = ["Anchor"]

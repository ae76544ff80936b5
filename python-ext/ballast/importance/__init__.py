"""Importance Ω and layer coefficients α as numbers: how ω becomes Ω, the forms that it is kept in, several as one."""

from ballast.importance.importance import (
    FISHER,
    PATH_INTEGRAL,
    RIEMANNIAN_WALK,
    SENSITIVITY,
    Importance,
    absolute_xi,
    finish_importance,
    finish_in_place,
    median_square,
    median_squared_move,
    nothing_moved,
    path_integral_importance,
    permuted,
)
from ballast.importance.layer_weights import Layer, LayerWeights, layer_coefficients, weigh_layers

__all__ = [
    "FISHER",
    "PATH_INTEGRAL",
    "RIEMANNIAN_WALK",
    "SENSITIVITY",
    "Importance",
    "Layer",
    "LayerWeights",
    "absolute_xi",
    "finish_importance",
    "finish_in_place",
    "layer_coefficients",
    "median_square",
    "median_squared_move",
    "nothing_moved",
    "path_integral_importance",
    "permuted",
    "weigh_layers",
]

"""A method against forgetting around anybody's training loop."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from ballast import defaults, methods
from ballast.anchors import Anchor
from ballast.errors import InvalidInputError
from ballast.methods import PhaseStart
from ballast.models.layers import check_float32, covered_parameters
from ballast.retention import OBJECTIVE
from ballast.retention.penalty import GRADIENT
from ballast.settings import RetentionSettings
from ballast.training.optim import all_gradients


class RetentionPenalty:
    """What a method of `ballast.methods` holds a model back with, around any torch optimizer.

    From a notebook::

        penalty = RetentionPenalty(model, anchor)
        for batch in batches:
            loss(model, batch).backward()
            penalty.add_gradient()
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            penalty.proximal_step(optimizer.param_groups[0]["lr"])
            optimizer.zero_grad()

    Of the two calls the one that is not the form's does nothing. A method that acts through the objective ("kl") is
    not for a loop that computes its own loss, and is refused.

    Attributes:
        strength: λ that is used, None where the method has none
        form: "proximal" or "gradient"
    """

    def __init__(
        self,
        model: nn.Module,
        anchor: Anchor | None,
        method: str = "hierarchical",
        strength: float | None = None,
        form: str | None = None,
        options: Mapping[str, Any] = MappingProxyType({}),
        layer_coefficients: str = defaults.LAYER_COEFFICIENTS,
        layers: str = defaults.LAYERS,
        normalize: str = defaults.NORMALIZE,
        space: str | None = None,
    ) -> None:
        """Made when training begins: some methods hold to where the model stands now.

        Args:
            model: fp32 where it is trainable
            anchor: what to remember; None for a method that needs none
            method: a name from `ballast.methods`, or "package.module:ClassName"
            strength: λ; None: the method's default in this form
            form: one of the method's; None: its default, `Method.default_form`
            options: the method's own, by the names that an experiment uses
            layer_coefficients: as in `importance.layer_coefficients`
            layers: "block" or "parameter"
            normalize: "mean" or "none"
            space: one of the method's, "factors" or "effective" of a LoRA adapter; None: its first

        Raises:
            InvalidInputError: an unknown setting, an anchor that is missing or of another model, or a method that acts
                through the objective.
        """
        parameters = covered_parameters(model)
        check_float32(parameters)
        found = methods.find(method)
        space = found.spaces[0] if space is None else space
        self.form = form or found.default_form(space)
        settings = RetentionSettings(
            seed=0,
            method=method,
            options=options,
            strength=strength,
            form=self.form,
            layer_coefficients=layer_coefficients,
            layers=layers,
            normalize=normalize,
            space=space,
            permute=False,
        )
        if self.form == OBJECTIVE:  # Before such a method copies a whole model as its teacher.
            raise _in_the_objective(method)
        self._retention = methods.retain(PhaseStart(model, parameters, anchor, settings))
        if self._retention.acts_on_objective:
            raise _in_the_objective(method)
        self.strength = self._retention.strength
        self._parameters = list(parameters.values())
        self._open = torch.zeros((), dtype=torch.int32, device=self._parameters[0].device)

    def add_gradient(self) -> None:
        """Adds the penalty's gradient to every `.grad`; before clipping, as autograd on the written loss would have it.
        Does nothing in the proximal form."""
        if self.form == GRADIENT:
            all_gradients(self._parameters)
            self._retention.add_gradient()

    def proximal_step(self, learning_rate: float, gate: Tensor | None = None) -> None:
        """Pulls the parameters towards θ* after the optimizer's step. Does nothing in the gradient form.

        Args:
            learning_rate: η_t of the step that the optimizer has just made
            gate: 0-dim int32 on the parameters' device; where it is not 0, nothing moves
        """
        self._retention.proximal_step(learning_rate, self._open if gate is None else gate)

    def value(self) -> Tensor:
        """The penalty as it stands: 0-dim, fp64."""
        return self._retention.value()


def _in_the_objective(method: str) -> InvalidInputError:
    return InvalidInputError(
        f'expected a method that acts on gradients or parameters, found "{method}", which acts through the objective: '
        "that needs Ballast's own training; run it as an experiment"
    )

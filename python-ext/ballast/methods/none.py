"""Plain fine-tuning."""

from collections.abc import Mapping

from torch import Tensor, nn

from ballast.anchor import Anchor
from ballast.methods.registry import register
from ballast.settings import PhaseSettings


@register("none")
class NoRetention:
    """Holds nothing back: what every method is compared with."""

    def penalty(
        self, model: nn.Module, parameters: Mapping[str, Tensor], anchor: Anchor | None, settings: PhaseSettings
    ) -> None:
        return None

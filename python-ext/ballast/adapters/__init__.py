"""Adapters through PEFT: on which modules, which matrices they change, and where CorDA starts."""

from ballast.adapters.adapter import (
    CORDA,
    DORA,
    KINDS,
    LORA,
    OSF,
    QLORA,
    RSLORA,
    AdapterSettings,
    add_adapter,
    add_lora,
    base_folder,
    former_directions,
    open_model,
    start_afresh,
)

__all__ = [
    "CORDA",
    "DORA",
    "KINDS",
    "LORA",
    "OSF",
    "QLORA",
    "RSLORA",
    "AdapterSettings",
    "add_adapter",
    "add_lora",
    "base_folder",
    "former_directions",
    "open_model",
    "start_afresh",
]

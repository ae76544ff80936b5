"""A row's text as it is: what a template gives would be read as a list where it looks like one."""

from collections.abc import Mapping
from typing import Any


def text(row: Mapping[str, Any]) -> str:
    return row["text"]

"""What is asked of an export beside its format."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Request:
    """There are no defaults here: they stand in one place, in Java.

    Attributes:
        dtype: of the weights: "float32", "bfloat16" or "float16"
        max_shard_bytes: most bytes of a weight file, of a checkpoint that is cut into several
    """

    dtype: str
    max_shard_bytes: int

    @property
    def torch_dtype(self) -> torch.dtype:
        return getattr(torch, self.dtype)

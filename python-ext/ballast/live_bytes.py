"""How many bytes of tensors live, now and at most."""

import weakref
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """Counts the storages that operations make while it is on, until they are freed; views count once.

    torch's own `MemTracker` does the same with a report by module, but not for models with frozen parameters.

    Attributes:
        now: bytes that live
        peak: the largest `now` so far
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.peak = 0
        self._known: weakref.WeakSet = weakref.WeakSet()

    def add(self, tensor: Tensor) -> None:
        """Counts a tensor that was there before."""
        storage = tensor.untyped_storage()
        if storage in self._known:
            return
        self._known.add(storage)
        size = storage.nbytes()
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._freed, size).atexit = False

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for each in tree_leaves(result):
            if isinstance(each, Tensor):
                self.add(each)
        return result

    def _freed(self, size: int) -> None:
        self.now -= size

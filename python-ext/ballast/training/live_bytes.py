"""How many bytes of tensors live, now and at most."""

import weakref
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """Counts the storages that operations make while it is on, until they are freed; views count once.

    Each is of a kind, that of the moment in which it was made until somebody knows better. torch's own `MemTracker` does
    the same with a report by module, but not for models with frozen parameters.

    Attributes:
        now: bytes that live
        peak: the largest `now` so far
        peak_by_kind: what of `peak` is of which kind
    """

    def __init__(self, kind: str = "") -> None:
        """
        Args:
            kind: of what is made outside of `making`
        """
        super().__init__()
        self.now = 0
        self.peak = 0
        self.peak_by_kind: Mapping[str, int] = {}
        self._kind = kind
        self._by_kind: Counter[str] = Counter()
        self._known: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()  # [kind] of a storage, which may change

    @contextmanager
    def making(self, kind: str) -> Iterator[None]:
        """What operations make inside is of this kind."""
        before, self._kind = self._kind, kind
        try:
            yield
        finally:
            self._kind = before

    def add(self, tensor: Tensor) -> None:
        """Counts a tensor that was there before."""
        storage = tensor.untyped_storage()
        if storage in self._known:
            return
        known = self._known[storage] = [self._kind]
        size = storage.nbytes()
        self.now += size
        self._by_kind[self._kind] += size
        self._look()
        weakref.finalize(storage, self._freed, known, size).atexit = False

    def turn(self, tensor: Tensor, kind: str) -> None:
        """Makes a tensor that is counted one of this kind."""
        storage = tensor.untyped_storage()
        known = self._known[storage]
        self._by_kind[known[0]] -= storage.nbytes()
        known[0] = kind
        self._by_kind[kind] += storage.nbytes()
        self._look()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for each in tree_leaves(result):
            if isinstance(each, Tensor):
                self.add(each)
        return result

    def _look(self) -> None:
        if self.now >= self.peak:
            self.peak, self.peak_by_kind = self.now, dict(self._by_kind)

    def _freed(self, known: list[str], size: int) -> None:
        self.now -= size
        self._by_kind[known[0]] -= size

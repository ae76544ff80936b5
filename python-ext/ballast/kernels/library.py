"""libballast_native: a ctypes binding of native/include/ballast/kernels.h."""

import ctypes
import sys
from collections.abc import Mapping, Sequence
from ctypes import POINTER, c_char_p, c_double, c_int32, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ballast.kernels.row_codes import RowCodes

ABI_VERSION = 3  # BALLAST_ABI_VERSION of the header that the declarations below were written from
FILE_NAME = "libballast_native.dylib" if sys.platform == "darwin" else "libballast_native.so"

FORMS = {"gradient": 0, "proximal": 1}
"""ballast_form"""

TYPES = {torch.float32: 0, torch.bfloat16: 1, torch.uint8: 2}
ONE = 3
"""ballast_type"""

Held = Tensor | RowCodes
"""How an anchor holds a tensor: fp32, bf16, one fp32 for all elements (0-dim), or 8 bits an element."""


TURNED_OFF = "BALLAST_NATIVE=0 turns the native kernels off"
"""The reason where somebody wanted it so; any other is a failure."""


class KernelError(RuntimeError):
    """A kernel refused a call; nothing was written. Our bug: callers check tensors with `supports`."""

    def __init__(self, function: str, code: int, message: str):
        super().__init__(f"{function} returned code {code}: {message}")
        self.code = code


class AdamWTensors(ctypes.Structure):
    """ballast_adamw_tensors"""

    _fields_ = [("count", c_int64)] + [
        (name, c_void_p) for name in ("sizes", "parameters", "gradients", "exp_avgs", "exp_avg_sqs")
    ]


class Penalty(ctypes.Structure):
    """ballast_penalty"""

    _fields_ = [
        (name, c_void_p)
        for name in (
            "strengths", "importances", "importance_types", "row_scales", "row_lengths", "references", "reference_types"
        )
    ]  # fmt: skip

    @classmethod
    def of(cls, strengths: Sequence[float], importances: Sequence[Held], references: Sequence[Tensor]) -> "Penalty":
        """Tensor i of each list belongs to parameter i. What it points at lives as long as it and the tensors do."""
        codes = [each if isinstance(each, RowCodes) else None for each in importances]
        held = [each.codes if isinstance(each, RowCodes) else each for each in importances]
        count = len(strengths)
        arrays = (
            (c_double * count)(*strengths),
            (c_void_p * count)(*map(Tensor.data_ptr, held)),
            (c_int32 * count)(*(ONE if is_one(each) else TYPES[each.dtype] for each in held)),
            (c_void_p * count)(*(each and each.scales.data_ptr() for each in codes)),
            (c_int64 * count)(*(each.row_length if each else 1 for each in codes)),
            (c_void_p * count)(*map(Tensor.data_ptr, references)),
            (c_int32 * count)(*(TYPES[each.dtype] for each in references)),
        )
        penalty = cls(*map(ctypes.addressof, arrays))
        penalty.arrays = arrays
        return penalty


def is_one(importance: Tensor) -> bool:
    """Whether it is one number for all elements."""
    return importance.dim() == 0 and importance.dtype is torch.float32


class AdamWSettings(ctypes.Structure):
    """ballast_adamw_settings"""

    _fields_ = [("step", c_int64)] + [
        (name, c_double) for name in ("learning_rate", "beta1", "beta2", "eps", "weight_decay")
    ]


class Library:
    """The loaded library: every symbol declared once, every return code through `_checked`."""

    def __init__(self, path: str):
        """Raises OSError or AttributeError when the file is no such library, or one of another interface version."""
        library = ctypes.CDLL(path)

        def declare(name, result, *arguments):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
            return function

        self.path = path
        self.abi_version = declare("ballast_abi_version", c_int32)
        if (version := self.abi_version()) != ABI_VERSION:
            raise OSError(
                f"it has interface version {version}, expected {ABI_VERSION}; build it again with ./ballast setup"
            )
        self._message = declare("ballast_message", c_char_p, c_int32)
        step = (c_int32, POINTER(AdamWTensors))
        scalars = (POINTER(AdamWSettings), c_void_p, c_void_p)  # settings, clip, gate
        self.adamw_path_integral = self._checked(
            declare("ballast_adamw_path_integral", c_int32, *step, c_void_p, *scalars, c_int32)
        )
        self.adamw_penalty = self._checked(
            declare(
                "ballast_adamw_penalty", c_int32,
                *step, POINTER(Penalty), c_int32, c_void_p, *scalars, c_void_p, c_int32,
            )
        )  # fmt: skip
        row = (c_int32, c_int64, c_void_p)  # version, count, sizes
        self.add_penalty_gradient = self._checked(
            declare(
                "ballast_add_penalty_gradient", c_int32,
                *row, c_void_p, c_void_p, POINTER(Penalty), c_void_p, c_void_p, c_int32,
            )
        )  # fmt: skip
        self.proximal_step = self._checked(
            declare(
                "ballast_proximal_step", c_int32, *row, c_void_p, POINTER(Penalty), c_double, c_void_p, c_int32
            )
        )

        self.finish_importance = self._checked(
            declare(
                "ballast_finish_importance", c_int32, *row, c_void_p, c_void_p, c_void_p, c_double, c_void_p, c_int32
            )
        )

        self.count_squares = self._checked(
            declare("ballast_count_squares", c_int32, c_int32, c_int64, c_void_p, c_int32, c_void_p, c_int32)
        )

    def message(self, code: int) -> str:
        return self._message(code).decode()

    def _checked(self, function):
        """A kernel that knows its interface version and raises KernelError for every code but success."""

        def call(*arguments) -> None:
            if (code := function(ABI_VERSION, *arguments)) != 0:
                raise KernelError(function.__name__, code, self.message(code))

        return call


@dataclass(frozen=True)
class Loading:
    """How loading went: the library, or None and why not. The reason is a sentence in either case."""

    library: Library | None
    reason: str


def load(environment: Mapping[str, str]) -> Loading:
    """Looks for the library as `environment` says. Raises nothing: what went wrong is the reason."""
    if environment.get("BALLAST_NATIVE") == "0":
        return Loading(None, TURNED_OFF)
    named = environment.get("BALLAST_NATIVE_LIBRARY")
    candidates = [Path(named)] if named else [_built_library(), Path(__file__).with_name(FILE_NAME)]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        looked = " or ".join(map(str, candidates))
        advice = "correct BALLAST_NATIVE_LIBRARY" if named else "run ./ballast setup"
        return Loading(None, f"no native library at {looked}: {advice}")
    try:
        library = Library(str(found))
    except (OSError, AttributeError) as error:
        return Loading(None, f"{found} cannot be loaded: {error}")
    return Loading(library, f"loaded {found}")


def _built_library() -> Path:
    return Path(__file__).parents[3] / "native" / "build" / FILE_NAME

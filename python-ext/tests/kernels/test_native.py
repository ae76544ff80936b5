import os
from pathlib import Path

import pytest
import torch

from ballast.kernels import library, native

needs_library = pytest.mark.skipif(not native.is_enabled(), reason=native.reason())


def built(*parts: str) -> str:
    """A library that the native build made besides the one that is loaded."""
    return str(Path(native.loading().library.path).parent.joinpath(*parts))


def step(parameter: torch.Tensor, **settings) -> None:
    values = {"step": 1, "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0}
    native.adamw_path_integral(
        [parameter],
        *([torch.ones_like(parameter)] for _ in range(4)),
        **(values | settings),
        clip=torch.tensor(1.0),
        gate=torch.tensor(0, dtype=torch.int32),
    )


def test_a_library_that_is_not_there_is_a_reason_that_names_the_file():
    loading = library.load({"BALLAST_NATIVE_LIBRARY": "/nowhere/libballast_native.so"})
    assert loading.library is None
    assert "/nowhere/libballast_native.so" in loading.reason
    assert "BALLAST_NATIVE_LIBRARY" in loading.reason


def test_a_file_that_is_no_library_is_a_reason(tmp_path):
    file = tmp_path / "libballast_native.so"
    file.write_text("no library")
    loading = library.load({"BALLAST_NATIVE_LIBRARY": str(file)})
    assert loading.library is None
    assert f"{file} cannot be loaded" in loading.reason


def test_a_library_of_something_else_is_a_reason_that_names_the_missing_symbol():
    import _ctypes

    loading = library.load({"BALLAST_NATIVE_LIBRARY": _ctypes.__file__})
    assert loading.library is None
    assert "ballast_abi_version" in loading.reason


def test_ballast_native_0_turns_native_off_even_when_the_library_is_there():
    loading = library.load(dict(os.environ) | {"BALLAST_NATIVE": "0"})
    assert loading.library is None
    assert "BALLAST_NATIVE=0" in loading.reason


@needs_library
def test_a_library_of_the_next_interface_version_is_refused_with_both_versions():
    name = Path(library.FILE_NAME).with_stem("libnext_abi").name
    loading = library.load({"BALLAST_NATIVE_LIBRARY": built("tests", name)})
    assert loading.library is None
    assert f"version {library.ABI_VERSION + 1}, expected {library.ABI_VERSION}" in loading.reason


def test_a_step_without_the_library_says_why(monkeypatch):
    monkeypatch.setattr(native, "loading", lambda: native.Loading(None, "it rained"))
    assert not native.is_enabled()
    with pytest.raises(RuntimeError, match="it rained"):
        step(torch.ones(2))


@needs_library
@pytest.mark.parametrize(
    ("setting", "code"), [({"step": 0}, 4), ({"beta1": 1.0}, 4), ({"learning_rate": float("nan")}, 4)]
)
def test_a_refused_call_raises_its_code_and_message_and_writes_nothing(setting, code):
    parameter = torch.ones(3)
    with pytest.raises(library.KernelError, match="ballast_adamw_path_integral.*out of its range") as error:
        step(parameter, **setting)
    assert error.value.code == code
    assert torch.equal(parameter, torch.ones(3))


@needs_library
def test_codes_that_nobody_knows_raise_too():
    def future_kernel(abi_version):
        return 99

    with pytest.raises(library.KernelError, match="future_kernel returned code 99: .*not know"):
        native.loading().library._checked(future_kernel)()


@needs_library
def test_the_binding_and_the_header_have_the_same_version():
    header = Path(__file__).parents[3] / "native" / "include" / "ballast" / "kernels.h"
    assert f"#define BALLAST_ABI_VERSION {library.ABI_VERSION}\n" in header.read_text()


class Subclass(torch.Tensor):
    pass


def test_plain_contiguous_fp32_cpu_tensors_are_supported():
    assert native.supports([torch.ones(2), torch.nn.Parameter(torch.ones(2, 3))])
    assert native.supports([torch.ones(2)], [torch.zeros(2)])
    assert native.supports([], [])


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(4, 2).t(),
        torch.ones(4, 2, dtype=torch.bfloat16),
        torch.ones(4, 2, dtype=torch.float64),
        torch.ones(4, 2, device="meta"),
        torch.ones(4, 2).to_sparse(),
        torch.ones(4, 2).as_subclass(Subclass),
    ],
    ids=["strided", "bfloat16", "float64", "meta", "sparse", "subclass"],
)
def test_other_tensors_are_not_supported(tensor):
    assert not native.supports([tensor])
    assert not native.supports([torch.ones(tensor.shape)], [tensor])


def test_lists_that_do_not_match_are_not_supported():
    assert not native.supports([torch.ones(2)], [torch.ones(3)])
    assert not native.supports([torch.ones(2)], [])

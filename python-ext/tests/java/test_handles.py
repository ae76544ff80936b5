import errno

import pytest
import torch
from java_values import JavaList, JavaMap

from ballast.errors import DivergedError, EnvironmentMissingError, InvalidInputError
from ballast.java import handles


class Closable:
    closed = 0

    def close(self):
        self.closed += 1


def test_a_handle_gives_the_object_until_released():
    thing = Closable()
    handle = handles.add(thing)
    assert handles.get(handle, Closable) is thing
    handles.release(handle)
    handles.release(handle)
    assert thing.closed == 1
    with pytest.raises(
        LookupError, match=f"handle {handle}: expected an open Closable, found released, or never given"
    ):
        handles.get(handle, Closable)


def test_a_handle_of_another_kind_is_refused():
    handle = handles.add(Closable())
    with pytest.raises(LookupError, match="expected an open dict, found a Closable"):
        handles.get(handle, dict)
    handles.release(handle)


def test_release_all_closes_everything():
    things = [Closable() for _ in range(3)]
    for thing in things:
        handles.add(thing)
    handles.release_all()
    assert [thing.closed for thing in things] == [1, 1, 1]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InvalidInputError("x"), "input"),
        (EnvironmentMissingError("x"), "environment"),
        (DivergedError("x"), "diverged"),
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "environment"),
        (PermissionError(errno.EACCES, "Permission denied"), "environment"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "internal"),
        (ValueError("x"), "internal"),
        (SystemExit(3), "internal"),
    ],
)
def test_an_error_is_kept_with_its_kind_and_raised_again(error, kind):
    @handles.called_from_java
    def fail():
        raise error

    with pytest.raises(type(error)):
        fail()
    kept = handles.last_error()
    assert kept["kind"] == kind and kept["type"] == type(error).__name__ and kept["message"] == str(error)
    assert "in fail" in kept["traceback"]


def test_memory_that_the_cpu_does_not_have_is_out_of_memory():
    @handles.called_from_java
    def fail():
        torch.empty(1 << 55)

    with pytest.raises(RuntimeError):
        fail()
    assert handles.last_error()["kind"] == "out_of_memory"


def test_a_failure_keeps_no_tensor_of_its_frames():
    """They may lie in the caller's buffer."""
    import weakref

    kept = []

    @handles.called_from_java
    def fail():
        tensor = torch.zeros(3)
        kept.append(weakref.ref(tensor))
        raise ValueError("x")

    with pytest.raises(ValueError) as raised:
        fail()
    assert kept[0]() is None and raised.value is not None


def test_java_collections_become_python_ones():
    java = JavaMap({"a": JavaList(1, JavaMap({"b": None})), "c": "text"})
    assert handles.plain(java) == {"a": [1, {"b": None}], "c": "text"}
    assert handles.plain({"a": [1.5, True]}) == {"a": [1.5, True]}
    assert handles.plain(None) is None

import weakref

import pytest
import torch
from torch import Tensor

from ballast import InvalidInputError
from ballast.importance.storage import KINDS, VALUES, StoredImportance, relative_error, storage_of


def heavy_tailed(*shape: int) -> Tensor:
    """Ω over ten orders of magnitude, with a row of zeros, as an unseen token has it."""
    values = torch.randn(*shape, generator=torch.Generator().manual_seed(4)).mul(3).exp()
    if len(shape) > 1 and shape[0] > 1:
        values[1] = 0
    return values


def stored(kind: str, values: Tensor, share: float = 0.1) -> tuple[dict[str, Tensor], Tensor]:
    storage = storage_of(kind, share)
    parts = storage.encode(values)
    return parts, storage.decode(parts, values.shape)


SHAPES = [(7,), (1,), (40, 30), (1, 5), (9, 1), (6, 5, 4)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_dtype_and_sign_survive_and_so_does_what_is_all_zero(kind, shape):
    for values in (heavy_tailed(*shape), torch.zeros(shape)):
        _, decoded = stored(kind, values)
        assert decoded.shape == values.shape and decoded.dtype == torch.float32
        assert (decoded >= 0).all() and torch.isfinite(decoded).all()
        assert values.any() or not decoded.any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_zeros_stays_free(kind):
    _, decoded = stored(kind, heavy_tailed(40, 30))
    assert not decoded[1].any()


def test_float32_is_exact():
    assert torch.equal(stored("float32", heavy_tailed(40, 30))[1], heavy_tailed(40, 30))


def test_bfloat16_is_within_its_unit_roundoff():
    values = heavy_tailed(40, 30)
    assert ((stored("bfloat16", values)[1] - values).abs() <= 2**-8 * values).all()


@pytest.mark.parametrize("shape", [(500,), (40, 30)])
def test_int8_is_within_half_a_step_of_the_cube_root(shape):
    values = heavy_tailed(*shape).double()
    scale = values.amax(-1, keepdim=True)
    decoded = stored("int8", values.float())[1].double()
    steps = 255 * ((decoded / scale) ** (1 / 3) - (values / scale) ** (1 / 3))
    assert steps[scale.expand_as(steps) > 0].abs().max() <= 0.5 + 1e-3


def test_int8_keeps_the_largest_of_each_row_to_the_bit():
    values = heavy_tailed(40, 30)
    assert torch.equal(stored("int8", values)[1].amax(1), values.amax(1))


def test_int8_errs_less_than_equal_steps_at_equal_size():
    values = heavy_tailed(200, 300)
    scale = values.amax(1, keepdim=True).clamp(min=1e-30)
    equal_steps = (values / scale * 255).round() / 255 * scale
    error = relative_error({"w": stored("int8", values)[1]}, {"w": values})
    assert error < 0.25 * relative_error({"w": equal_steps}, {"w": values})


def test_factored_keeps_the_sums_of_rows_and_columns_and_is_exact_for_rank_one():
    values = heavy_tailed(40, 30)
    decoded = stored("factored", values)[1]
    for dimension in (0, 1):
        assert torch.allclose(decoded.sum(dimension), values.sum(dimension), rtol=1e-5)
    rank_one = torch.outer(heavy_tailed(9), heavy_tailed(5))
    assert torch.allclose(stored("factored", rank_one)[1], rank_one, rtol=1e-5)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0])
def test_sparse_keeps_the_largest_and_is_factored_elsewhere(share):
    values = heavy_tailed(40, 30)
    parts, decoded = stored("sparse", values, share)
    largest = torch.zeros(values.numel(), dtype=torch.bool)
    largest[values.flatten().argsort(descending=True)[: round(share * values.numel())]] = True
    largest = largest.view_as(values)
    assert torch.equal(decoded[largest], values[largest].bfloat16().float())
    assert torch.equal(decoded[~largest], torch.outer(parts["rows"], parts["columns"])[~largest])


@pytest.mark.parametrize("kept", [[0], [254], [255], [256], [0, 1, 2], [5, 259, 260, 515, 771], [9999]])
def test_sparse_indices_of_any_distance_come_back(kept):
    values = torch.full((100, 100), 1e-3)
    values.view(-1)[kept] = torch.arange(2.0, 2.0 + len(kept))
    parts, decoded = stored("sparse", values, len(kept) / values.numel())
    assert decoded.view(-1)[kept].tolist() == [2.0 + i for i in range(len(kept))]
    assert int((decoded > 1).sum()) == len(kept)
    assert parts["gaps"].dtype == torch.uint8


def test_sizes_are_those_that_the_documentation_states():
    values = heavy_tailed(400, 300)
    sizes = {kind: sum(part.nbytes for part in stored(kind, values)[0].values()) for kind in KINDS}
    elements = values.numel()
    assert sizes["float32"] == 4 * elements
    assert sizes["bfloat16"] == 2 * elements
    assert sizes["int8"] == elements + 4 * 400
    assert sizes["factored"] == 4 * 700
    assert 3 * elements // 10 <= sizes["sparse"] - 4 * 700 <= 3.1 * elements / 10


def test_relative_error_by_hand():
    values = {"a": torch.tensor([2.0, 3.0]), "b": torch.tensor([[5.0]])}
    decoded = {"a": torch.tensor([1.0, 3.0]), "b": torch.tensor([[2.0]])}
    assert relative_error(decoded, values) == (1 + 0 + 3) / (2 + 3 + 5)
    assert relative_error({"a": torch.zeros(2)}, {"a": torch.zeros(2)}) == 0


def test_an_unknown_storage_and_a_share_out_of_range_are_refused():
    with pytest.raises(InvalidInputError, match='importance.storage: expected one of float32, .* found "int4"'):
        storage_of("int4")
    for share in (0.0, 1.5, -1.0, float("nan"), None):
        with pytest.raises(InvalidInputError, match="importance.share: expected more than 0"):
            storage_of("sparse", share)
    assert VALUES in storage_of("sparse", 1.0).encode(heavy_tailed(3, 3))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_kernels_take_is_what_is_decoded(kind, shape):
    parts, decoded = stored(kind, heavy_tailed(*shape))
    held = storage_of(kind, 0.1).held(parts)
    assert (held is None) == (kind in ("sparse", "factored"))
    assert held is None or torch.equal(held.float(), decoded)


@pytest.mark.parametrize("kind", ["bfloat16", "int8", "sparse", "factored"])
def test_what_is_read_back_is_held_by_nobody(kind):
    values = heavy_tailed(20, 30)
    _, decoded = StoredImportance.of({"a": values}, storage_of(kind, 0.1))
    assert list(decoded) == ["a"] and "b" not in decoded
    looked_up = weakref.ref(decoded["a"])
    assert looked_up() is None
    assert torch.equal(decoded["a"], decoded["a"])

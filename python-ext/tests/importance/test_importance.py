import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast import InvalidInputError, finish_importance
from ballast.importance import median_squared_move, permuted


def tensors(**values: list[float]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(numbers) for name, numbers in values.items()}


def test_importance_by_hand():
    measured = finish_importance(
        tensors(a=[0.5, -0.25], b=[1.0]), tensors(a=[0.0, 0.0], b=[1.0]), tensors(a=[0.5, 0.5], b=[3.0]), 0.25, False
    )
    # 0.5 / (0.25 + 0.25), clamped, 1 / (4 + 0.25)
    torch.testing.assert_close(dict(measured.values), tensors(a=[1.0, 0.0], b=[1 / 4.25]))
    assert measured.sum_omega == 1.25
    assert measured.clamped_share == pytest.approx(1 / 3)
    assert measured.xi == 0.25


def test_a_relative_xi_is_a_multiple_of_the_median_squared_move():
    start, end = tensors(a=[0.0, 0.0], b=[0.0, 0.0]), tensors(a=[1.0, 2.0], b=[4.0, 0.0])
    measured = finish_importance(tensors(a=[5.0, 8.0], b=[20.0, 1.0]), start, end, 0.5, True)
    assert measured.xi == 0.5 * 4.0  # of 1, 4, 16; the fourth did not move
    torch.testing.assert_close(dict(measured.values), tensors(a=[5 / 3, 8 / 6], b=[20 / 18, 0.5]))


def test_the_arguments_are_left_as_they_are():
    omega, start, end = tensors(a=[-1.0, 2.0]), tensors(a=[0.0, 1.0]), tensors(a=[1.0, 3.0])
    finish_importance(omega, start, end, 1.0, True)
    assert omega["a"].tolist() == [-1.0, 2.0] and start["a"].tolist() == [0.0, 1.0] and end["a"].tolist() == [1.0, 3.0]


@pytest.mark.parametrize("xi", [0.0, -1.0, math.nan, math.inf, "1e-7", None])
def test_a_xi_that_is_no_positive_number_is_refused(xi):
    with pytest.raises(InvalidInputError, match="expected a finite xi above 0, found"):
        finish_importance(tensors(a=[1.0]), tensors(a=[1.0]), tensors(a=[2.0]), xi, False)


def test_a_relative_xi_without_a_move_is_refused():
    with pytest.raises(InvalidInputError, match="found none"):
        finish_importance(tensors(a=[1.0]), tensors(a=[1.0]), tensors(a=[1.0]), 1.0, True)


def independent_median(start, end):
    squared = torch.cat([(end[name] - start[name]).square().flatten() for name in start])
    return float(squared[squared > 0].median())


# Whose squares are normal numbers of fp32.
move = st.floats(-(2.0**60), 2.0**60, width=32).filter(lambda move: move == 0 or abs(move) > 2.0**-60)
moves = st.lists(move, max_size=20)


@settings(deadline=None, derandomize=True)
@given(st.lists(moves, min_size=1, max_size=3).filter(lambda lists: any(any(one) for one in lists)))
def test_the_median_is_torchs(lists):
    end = {str(i): torch.tensor(numbers) for i, numbers in enumerate(lists)}
    start = {name: torch.zeros_like(tensor) for name, tensor in end.items()}
    assert median_squared_move(start, end) == independent_median(start, end)


@pytest.mark.parametrize("elements", [100_000, 100_001])
def test_the_median_of_many_is_torchs(elements):
    torch.manual_seed(3)
    start = {"a": torch.randn(elements), "b": torch.randn(7, 11)}
    end = {name: tensor + 1e-4 * torch.randn_like(tensor) for name, tensor in start.items()}
    assert median_squared_move(start, end) == independent_median(start, end)


def test_permuted_importance_keeps_its_zeros_in_place_and_its_values():
    torch.manual_seed(4)
    omega = {"a": torch.rand(40, 30) * (torch.rand(40, 30) > 0.3), "b": torch.rand(50)}
    shuffled = permuted(omega, seed=1)
    for name, values in omega.items():
        assert torch.equal(shuffled[name] == 0, values == 0)
        assert torch.equal(shuffled[name].flatten().sort().values, values.flatten().sort().values)
        assert not torch.equal(shuffled[name], values)
    assert all(torch.equal(values, shuffled[name]) for name, values in permuted(omega, seed=1).items())
    assert not torch.equal(permuted(omega, seed=2)["a"], shuffled["a"])

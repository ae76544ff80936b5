import pytest
import torch

from ballast.optim import Gate
from benchmarks.step import CLIP_NORM, VARIANTS, Variant, compiled_reference, plain, random_parameters, rows, step_of

CPU = torch.device("cpu")
COUNT, TENSORS = 3 * 2 * 1024, 3


def moved(make, clip_norm: float, steps: int = 3) -> dict[str, torch.Tensor]:
    """θ after a few steps from the same start."""
    parameters = random_parameters(COUNT, TENSORS, CPU)
    step = step_of(make(parameters), clip_norm, Gate(CPU))
    for _ in range(steps):
        step()
    return {name: parameter.detach().clone() for name, parameter in parameters.items()}


def differs(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for name in one)


def test_a_step_with_importance_moves_the_parameters_as_the_plain_step_does():
    start = random_parameters(COUNT, TENSORS, CPU)
    theirs = moved(plain, CLIP_NORM)
    assert differs(moved(VARIANTS["importance"].optimizer, CLIP_NORM), theirs) < 1e-7
    assert differs(theirs, {name: each.detach() for name, each in start.items()}) > 1e-4


@pytest.mark.parametrize("name", [name for name in VARIANTS if name.startswith("penalty")])
def test_a_step_with_a_penalty_holds_the_parameters(name):
    variant: Variant = VARIANTS[name]
    assert differs(moved(variant.optimizer, variant.clip_norm), moved(plain, variant.clip_norm)) > 1e-6


def test_forms_of_the_gradient_penalty_are_what_a_phase_would_choose():
    """The one in one pass does what the one between two passes does where nothing is clipped."""
    one_pass, two_passes = (VARIANTS[f"penalty gradient, {how}"].optimizer for how in ("not clipped", "clipped"))
    assert differs(moved(one_pass, 0.0, steps=1), moved(two_passes, 0.0, steps=1)) < 1e-7


def test_the_compiled_reference_takes_the_same_step():
    variant = VARIANTS["penalty proximal"]
    native = moved(variant.optimizer, CLIP_NORM, steps=1)
    with compiled_reference(variant.kernel):
        assert differs(moved(variant.optimizer, CLIP_NORM, steps=1), native) < 1e-6


def test_every_variant_has_a_row_of_the_size_asked_for():
    measured = list(rows(COUNT, TENSORS, 2, CPU, compiled=False))
    assert [row.name for row in measured] == [f"step/{name}, {COUNT:,} parameters" for name in VARIANTS]
    assert all(row.goal == 1.35 and row.runs == 2 and row.ours > 0 for row in measured)

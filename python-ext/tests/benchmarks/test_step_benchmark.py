import pytest
import torch

from ballast.training.optim import Gate
from benchmarks.step import (
    LEARNING_RATE,
    VARIANTS,
    WEIGHT_DECAY,
    Variant,
    plain_step,
    random_parameters,
    rows,
    step_of,
    with_compiled_reference,
)

CPU = torch.device("cpu")
COUNT, TENSORS = 3 * 2 * 1024, 3


def moved(make, with_norm: bool = False, steps: int = 3, compiled: str | None = None) -> dict[str, torch.Tensor]:
    """θ after a few steps from the same start; of torch's own AdamW where `make` is None."""
    parameters = random_parameters(COUNT, TENSORS, CPU)
    if make is None:
        adamw = torch.optim.AdamW(parameters.values(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
        step = plain_step(adamw, with_norm)
    else:
        step = step_of(make(parameters), with_norm, Gate(CPU))
        step = step if compiled is None else with_compiled_reference(compiled, step)
    for _ in range(steps):
        step()
    return {name: parameter.detach().clone() for name, parameter in parameters.items()}


def differs(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for name in one)


def test_a_step_with_importance_moves_the_parameters_as_the_plain_step_does():
    start = random_parameters(COUNT, TENSORS, CPU)
    theirs = moved(None)
    assert differs(moved(VARIANTS["importance"].optimizer), theirs) < 1e-7
    assert differs(theirs, {name: each.detach() for name, each in start.items()}) > 1e-4


@pytest.mark.parametrize("name", [name for name in VARIANTS if name.startswith("penalty")])
def test_a_step_with_a_penalty_holds_the_parameters(name):
    variant: Variant = VARIANTS[name]
    assert differs(moved(variant.optimizer, variant.with_norm), moved(None, variant.with_norm)) > 1e-6


def test_both_gradient_forms_take_the_same_first_step():
    """Adam's first step does not see a factor that all gradients have, so clipping does not set them apart."""
    one_pass, two_passes = (VARIANTS[f"penalty gradient, {how}"] for how in ("not clipped", "clipped"))
    after = [moved(each.optimizer, each.with_norm, steps=1) for each in (one_pass, two_passes)]
    assert differs(*after) < 5e-6  # What ε makes of a scaled gradient.
    assert differs(after[0], moved(None, steps=1)) > 1e-4


def test_the_compiled_reference_takes_the_same_step():
    variant = VARIANTS["penalty proximal"]
    native = moved(variant.optimizer, steps=1)
    assert 0 < differs(moved(variant.optimizer, steps=1, compiled=variant.kernel), native) < 1e-6


def test_every_variant_has_a_row_of_the_size_asked_for():
    measured = list(rows(COUNT, TENSORS, 2, CPU, compiled=False))
    assert [row.name for row in measured] == [f"step/{name}, {COUNT:,} parameters" for name in VARIANTS]
    assert [row.goal for row in measured] == [1.35] * 5 + [None]
    assert all(row.runs == 2 and row.ours > 0 for row in measured)

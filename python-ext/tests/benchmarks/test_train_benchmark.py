import pytest
import torch

from benchmarks import workload
from benchmarks.train import VARIANTS, batch_of, phases, rows_of, step_of


@pytest.fixture
def opened(model_folder):
    return workload.open_folder(model_folder("llama-tied"), torch.device("cpu"))


def test_phases_take_the_same_step_but_for_what_holds_them(opened):
    batch = batch_of(opened, 2, 12)
    made = phases(opened, batch)
    start = {name: value.clone() for name, value in opened.model.state_dict().items()}
    moves = {}
    for name, phase in made.items():
        opened.model.load_state_dict(start)
        step_of(phase, batch)()
        assert phase.training.progress()["step"] == 1
        moves[name] = torch.cat([(value - start[key]).flatten() for key, value in opened.model.state_dict().items()])
    length = moves["plain"].norm()
    assert length > 0
    assert (moves["plain"] - moves["importance"]).norm() < 1e-3 * length
    # θ* is where the phases start: there is nothing to hold yet in the gradient, and the proximal step pulls back.
    assert (moves["plain"] - moves["penalty gradient"]).norm() < 1e-3 * length
    assert (moves["plain"] - moves["penalty proximal"]).norm() > 1e-3 * length
    assert moves["penalty proximal"].norm() < length


def test_the_phase_with_importance_measures_it(opened):
    batch = batch_of(opened, 2, 12)
    phase = phases(opened, batch)["importance"]
    step_of(phase, batch)()
    anchor = workload.finished_importance(phase)
    assert anchor.measured.sum_omega != 0


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # PyTorch looks at it while it compiles.
def test_every_variant_has_a_row(opened):
    *held, compiled = rows_of("tiny", opened, batch_of(opened, 2, 12), pairs=2)
    assert [row.name for row in held] == [f"train/{name}, tiny" for name in VARIANTS]
    assert all(row.goal == 1.03 and row.runs == 2 and row.theirs > 0 for row in held)
    assert (compiled.name, compiled.goal, compiled.runs) == ("train/compiled, tiny", None, 2)

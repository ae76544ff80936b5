import pytest
import torch

from ballast.measurement.effective_fisher import BATCHED, RELEASED, RESTRICTED
from benchmarks import workload
from benchmarks.importance import GOALS_ON, GeneralPhases, fisher, rows, shape, slots

SAMPLES, LENGTH = 5, 9


@pytest.fixture
def opened(model_folder):
    model = workload.open_folder(model_folder("llama-tied"), torch.device("cpu"))
    workload.add_lora(model)
    return model


def test_slots_hold_every_sample_once(opened):
    made = slots(opened, SAMPLES, LENGTH, batch=2)
    assert [rows for _, rows, _, _ in made] == [2, 2, 1]
    assert all(slot.size == 4 * rows * length for slot, rows, length, _ in made)


def test_all_variants_measure_the_same_matrices_on_the_same_samples(opened):
    batches = slots(opened, SAMPLES, LENGTH, batch=2)
    measured = {variant: fisher(opened, variant, batches) for variant in (RELEASED, RESTRICTED, BATCHED)}
    assert {anchor.measured.samples for anchor in measured.values()} == {SAMPLES}
    for name, omega in measured[BATCHED].importance.items():
        for variant in (RELEASED, RESTRICTED):
            torch.testing.assert_close(measured[variant].importance[name], omega, rtol=1e-4, atol=1e-10)


def test_the_phases_train_alike_and_one_of_them_measures(opened):
    batches = slots(opened, SAMPLES, LENGTH, batch=2)
    phases = GeneralPhases(opened)
    without, with_it = phases.seconds(batches)
    assert without > 0 and with_it > 0
    plain, measured = (
        {name: each for name, each in model.model.named_parameters()} for model in phases._models.values()
    )
    for name, parameter in plain.items():
        assert parameter.requires_grad == measured[name].requires_grad
        if parameter.requires_grad:
            torch.testing.assert_close(parameter, measured[name], rtol=1e-4, atol=1e-6)
        else:
            assert parameter is measured[name]
    assert phases.anchor.measured.sum_omega > 0
    assert phases.anchor.importance.keys() == fisher(opened, BATCHED, batches).importance.keys()


def test_rows_are_of_what_was_added_and_of_the_whole_phase(opened, capsys):
    batches = slots(opened, SAMPLES, LENGTH, batch=2)
    measured = {row.name: row for row in rows("tiny", opened, batches, pairs=3)}
    for variant, goal in GOALS_ON["cpu"].items():
        whole = measured[f"importance/whole/{variant}, tiny"]
        assert whole.goal is None and whole.better == "higher"
        added = measured.get(f"importance/added/{variant}, tiny")
        if added is None:  # Less than the noise of so small a model.
            assert f"importance/added/{variant}, tiny is not measured" in capsys.readouterr().err
        else:
            assert added.goal == goal and added.ours > whole.ours and added.theirs == whole.theirs


def test_a_stack_of_blocks_has_the_width_of_the_whole_shape():
    name, configuration = shape("GPT-J-6B", 1)
    whole = workload.SHAPES["GPT-J-6B"]()
    assert name == "1 of 28 blocks of GPT-J-6B"
    assert (configuration.num_hidden_layers, configuration.hidden_size) == (1, whole.hidden_size)
    assert shape("LLaMA-3-8B", None)[1].vocab_size == 128256

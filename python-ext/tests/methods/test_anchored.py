import copy
import itertools
import statistics

import pytest
import torch
from phases import measured_anchor, retain, tiny_model
from scipy.stats import spearmanr
from tiny_models import WITH_HEAD_NORMS

from ballast import Anchor, InvalidInputError, covered_parameters
from ballast.importance import FISHER, RIEMANNIAN_WALK, SENSITIVITY
from ballast.measurement import Measurement
from ballast.models import open_model


@pytest.fixture(scope="module")
def opened(model_folder):
    return open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)


def fisher_anchor(opened, slot_of, rows, labels="data", seed=3) -> Anchor:
    measurement = Measurement(opened, FISHER, labels, seed)
    measurement.add(*slot_of(rows)[:4])
    return measurement.finish(False, "uniform", "parameter", "mean")


def loop(opened, documents):
    """1/N Σ_n g_n², g_n autograd's gradient of one document's log-likelihood."""
    model = opened.model
    parameters = covered_parameters(model)
    totals = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}
    for document in documents:
        ids = torch.tensor([document])
        nats = model(input_ids=ids, labels=ids).loss * (len(document) - 1)
        for total, gradient in zip(
            totals.values(), torch.autograd.grad(nats, list(parameters.values())), strict=True
        ):
            total += gradient**2 / len(documents)
    return totals


@pytest.mark.parametrize("name", ["llama-tied", "gpt2", "gptj", *WITH_HEAD_NORMS])
@pytest.mark.parametrize("packed", [False, True])
def test_padded_and_packed_rows_give_what_a_loop_over_documents_gives(name, packed, model_folder, slot_of, documents):
    opened = open_model(str(model_folder(name)), "float32", "cpu", False, 0)
    rows = [documents[:2], documents[2:5], documents[5:]] if packed else [[document] for document in documents]
    anchor = fisher_anchor(opened, slot_of, rows)
    assert anchor.measured.method == FISHER and anchor.measured.samples == len(documents)
    for name, expected in loop(opened, documents).items():
        tolerance = 2e-5 * float(expected.max())
        assert torch.allclose(anchor.importance[name], expected, rtol=2e-4, atol=tolerance), name


def test_sampled_labels_are_the_models_own(opened, slot_of, documents):
    """Fisher's mean gradient under the model's own labels is 0: sampled gradients vary with the seed, the data's do not."""
    rows = [[document] for document in documents]
    one, other = (fisher_anchor(opened, slot_of, rows, "sampled", seed).importance for seed in (3, 4))
    again = fisher_anchor(opened, slot_of, rows, "sampled", 3).importance
    name = "model.layers.0.self_attn.q_proj.weight"
    assert torch.equal(one[name], again[name])
    assert not torch.equal(one[name], other[name])
    with pytest.raises(InvalidInputError, match='labels "data" or "sampled", found "fisher" with "own"'):
        Measurement(opened, FISHER, "own", 0)


def test_the_penalty_is_the_written_one(opened, slot_of, documents):
    anchor = fisher_anchor(opened, slot_of, [[document] for document in documents])
    model = tiny_model()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += torch.randn_like(parameter)
    parameters = covered_parameters(model)
    penalty = retain("ewc", model, anchor, strength=0.7)
    mean = torch.cat([tensor.flatten() for tensor in anchor.importance.values()]).double().mean()
    expected = 0.7 * sum(
        (anchor.importance[name] / mean * (parameter.detach() - anchor.reference[name]) ** 2).sum().item()
        for name, parameter in parameters.items()
    )
    assert penalty.value().item() == pytest.approx(expected, rel=1e-5)


def test_a_path_integral_is_no_fisher_information():
    model = tiny_model()
    with pytest.raises(InvalidInputError, match='anchor of fisher for the method "ewc", found one of path_integral'):
        retain("ewc", model, measured_anchor(tiny_model()))


def test_an_anchor_survives_its_file(opened, slot_of, documents, tmp_path):
    anchor = fisher_anchor(opened, slot_of, [[document] for document in documents])
    anchor.save(tmp_path, {"recipe": "a test"})
    again = Anchor.load(tmp_path, opened.model)
    assert again.measured.facts() == anchor.measured.facts()
    assert all(torch.equal(again.importance[name], value) for name, value in anchor.importance.items())


def test_sensitivity_is_the_mean_magnitude_of_the_squared_logits_gradient(opened, slot_of, documents):
    measurement = Measurement(opened, SENSITIVITY, "data", 0)
    measurement.add(*slot_of([[document] for document in documents])[:4])
    anchor = measurement.finish(False, "uniform", "parameter", "mean")
    model = opened.model
    parameters = covered_parameters(model)
    totals = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}
    for document in documents:
        output = model(input_ids=torch.tensor([document])).logits[0, :-1].square().sum()
        for total, gradient in zip(
            totals.values(), torch.autograd.grad(output, list(parameters.values())), strict=True
        ):
            total += gradient.abs() / len(documents)
    for name, expected in totals.items():
        tolerance = 2e-5 * float(expected.max())
        assert torch.allclose(anchor.importance[name], expected, rtol=2e-4, atol=tolerance), name
    assert retain("mas", tiny_model(), anchor).strength == 30
    with pytest.raises(InvalidInputError, match='anchor of fisher for the method "ewc", found one of sensitivity'):
        retain("ewc", tiny_model(), anchor)


def test_the_importances_are_not_each_others(opened, slot_of, documents, capsys):
    """Other measures, not other constants: the ranks of the elements differ, over the whole model and in each tensor."""
    rows = [[document] for document in documents]
    sensitivity = Measurement(opened, SENSITIVITY, "data", 0)
    sensitivity.add(*slot_of(rows)[:4])
    measured = {
        "ewc": fisher_anchor(opened, slot_of, rows).importance,
        "mas": sensitivity.finish(False, "uniform", "parameter", "mean").importance,
        "hierarchical": measured_anchor(copy.deepcopy(opened.model)).importance,
        "rwalk": measured_anchor(copy.deepcopy(opened.model), importance=RIEMANNIAN_WALK).importance,
    }
    for one, other in itertools.combinations(measured, 2):
        of_tensors = {
            name: rank_correlation(measured[one][name], measured[other][name])
            for name in measured[one]
            if "embed_tokens" not in name  # Nearly all its rows are 0 in each: of tokens that no text has.
        }
        over_all = rank_correlation(*(torch.cat([t.flatten() for t in measured[m].values()]) for m in (one, other)))
        nearest = max(of_tensors, key=of_tensors.get)
        with capsys.disabled():
            print(
                f"\nrank correlation of {one} and {other}: {over_all:.2f} over all; by tensor median "
                f"{statistics.median(of_tensors.values()):.2f}, most {of_tensors[nearest]:.2f} in {nearest}",
                end="",
            )
        assert over_all < 0.65 and of_tensors[nearest] < 0.8 and statistics.median(of_tensors.values()) < 0.5


def rank_correlation(one, other):
    """Spearman's; equal numbers share their rank."""
    return float(spearmanr(one.flatten(), other.flatten()).statistic)

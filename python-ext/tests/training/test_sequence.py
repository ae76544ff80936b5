from dataclasses import replace

import pytest
import torch
from phases import batch, measured_anchor, retain, settings, tiny_model, train
from tiny_models import CONFIGURATIONS, VOCABULARY_SIZE

from ballast import Anchor, InvalidInputError, TrainingPhase, adapters, covered_parameters, models
from ballast.adapters import AdapterSettings
from ballast.adapters.adapted import adapted_matrices
from ballast.forward import batches, scoring
from ballast.forward.teacher import Teacher
from ballast.importance import Importance
from ballast.models import OpenedModel
from ballast.training.sequence import carry_adapter_on, carry_anchor_on

# PEFT 0.21 reads a property that transformers 5.23 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

LORA = AdapterSettings("lora", rank=3, alpha=6.0, dropout=0.0, targets=["all-linear"], preserved=None)
EFFECTIVE = {"space": "effective", "form": "gradient"}


def opened(model: torch.nn.Module) -> OpenedModel:
    return OpenedModel(model, None, [], torch.device("cpu"), "", torch.float32, "")


def open_folder(folder, adapter: AdapterSettings | None = None) -> OpenedModel:
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    if adapter is not None:
        adapters.add_adapter(opened, adapter, seed=1)
    return opened


def seen(*tokens: int) -> torch.Tensor:
    return torch.zeros(VOCABULARY_SIZE, dtype=torch.bool).index_fill_(0, torch.tensor(tokens), True)


def learn(model, seed: int, method="none", anchor=None, importance=None, **changes) -> TrainingPhase:
    phase = TrainingPhase(
        model, settings(method=method, learningRate=1e-2, importance=importance, **changes), anchor
    )
    train(phase, batch(seed=seed)).end()
    return phase


def finished(phase: TrainingPhase) -> Anchor:
    return phase.finish_importance(1.0, True, "end", "scaled", "block", "mean")


def of_mean_one(anchor: Anchor, names) -> dict[str, torch.Tensor]:
    """Ω of some parameters, over its mean unless that was done before."""
    values = {name: anchor.importance[name] for name in names}
    mean = torch.cat([value.flatten() for value in values.values()]).double().mean()
    return values if anchor.measured.scaled else {name: (value / mean).float() for name, value in values.items()}


@torch.no_grad()
def logits(model):
    return model.eval()(batch()).logits


def test_separate_penalties_are_one_around_their_weighted_middle():
    """The gradient of Σ_k Σ_i F_k (θ − θ*_k)² by autograd, for three tasks that ended in different places."""
    model = tiny_model()
    generator = torch.Generator().manual_seed(3)
    tasks = []
    for _ in range(3):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
        parameters = covered_parameters(model)
        fisher = {name: torch.rand(each.shape, generator=generator) ** 3 for name, each in parameters.items()}
        fisher = {name: torch.where(each < 0.1, 0, each) for name, each in fisher.items()}
        here = {name: each.detach().clone() for name, each in parameters.items()}
        tasks.append(Anchor.of(model, Importance(fisher, "fisher"), here, False, "uniform", "block", "none"))
    carried = tasks[0]
    for task in tasks[1:]:
        carried = carry_anchor_on(opened(model), carried, task, seen(1), "separate", None)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1
    (mine,) = gradients(model, [carried])
    expected = [sum(each) for each in zip(*gradients(model, tasks), strict=True)]
    for one, other in zip(mine, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    parameters = covered_parameters(model)
    by_hand = sum(
        (task.importance[name] * (each - task.reference[name]) ** 2).sum()
        for task in tasks
        for name, each in parameters.items()
    )
    for one, other in zip(mine, torch.autograd.grad(0.5 * by_hand, list(parameters.values())), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def gradients(model, anchors):
    """For each anchor: the gradient of its penalty, λ = 0.5."""
    found = []
    for anchor in anchors:
        penalty = retain("ewc", model, anchor, strength=0.5, form="gradient", normalize="none")
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        penalty.add_gradient()
        found.append([parameter.grad for parameter in covered_parameters(model).values()])
    return found


@pytest.mark.parametrize(("rule", "decay"), [("sum", None), ("decay", 0.25), ("maximum", None)])
def test_what_the_path_integral_finds_in_each_domain_is_carried_on_from_where_the_model_stands(rule, decay):
    model = tiny_model()
    first = replace(measured_anchor(model), seen_tokens=seen(3))
    phase = learn(model, seed=5, method="hierarchical", anchor=first, importance="path_integral")
    second = finished(phase)
    carried = carry_anchor_on(opened(model), first, second, seen(4), rule, decay)
    one, other = (of_mean_one(each, first.importance) for each in (first, second))
    for name, parameter in covered_parameters(model).items():
        both = (one[name], other[name])
        expected = torch.maximum(*both) if rule == "maximum" else (decay or 1) * both[0] + both[1]
        torch.testing.assert_close(carried.importance[name], expected)
        assert torch.equal(carried.reference[name], parameter)
    assert carried.seen_tokens.nonzero().flatten().tolist() == [3, 4]
    assert retain("hierarchical", model, carried).value() == 0


def test_a_method_without_importance_carries_on_where_the_model_stands():
    model = tiny_model()
    first = replace(measured_anchor(model), seen_tokens=seen(3))
    learn(model, seed=5, method="l2", anchor=first)
    assert retain("l2", model, first).value() > 0
    carried = carry_anchor_on(opened(model), first, None, seen(4), "sum", None)
    assert retain("l2", model, carried).value() == 0
    assert all(torch.equal(carried.importance[name], value) for name, value in first.importance.items())
    assert carried.seen_tokens.sum() == 2


@pytest.mark.parametrize("way", ["continue", "stack", "merge"])
def test_the_effective_change_of_each_domain_is_remembered_whatever_becomes_of_the_adapter(way, model_folder):
    folder = open_folder(model_folder("gpt2"), LORA)
    model = folder.model
    anchor = measured_anchor(model, space="effective")
    for domain in range(2):
        previous = anchor
        measured = finished(
            learn(model, domain, "hierarchical", previous, importance="path_integral", **EFFECTIVE)
        )
        before = logits(model)
        carry_adapter_on(folder, way, seed=domain)
        anchor = carry_anchor_on(folder, previous, measured, seen(1), "sum", None)
        torch.testing.assert_close(logits(model), before, atol=1e-5, rtol=1e-5)
        assert all(matrix.b.any() == (way == "continue") for matrix in adapted_matrices(model))
    one, other = (of_mean_one(each, anchor.importance) for each in (previous, measured))
    for name, value in anchor.importance.items():
        torch.testing.assert_close(value, one[name] + other[name])
    penalty = retain("hierarchical", model, anchor, **EFFECTIVE)
    assert penalty.value() == 0
    learn(model, 7)
    assert penalty.value() > 0


def test_fisher_information_of_the_whole_base_is_carried_on_for_the_adapter(model_folder):
    """An anchor of the released variant is of every matrix of the base; only the adapted ones go on."""
    folder = open_folder(model_folder("llama-tied"), replace(LORA, targets=["q_proj"]))
    matrices = adapted_matrices(folder.model)
    base = folder.model.get_base_model()
    shapes = {name.replace(".base_layer", ""): each.shape for name, each in base.named_parameters()}
    reference = {name: each.detach().clone() for name, each in covered_parameters(folder.model).items()}

    def fisher(kind, names):
        values = {name: torch.rand(shapes[name]) for name in names}
        return Anchor.of(folder.model, Importance(values, kind, samples=2), reference, True, "uniform", "block", "mean")

    whole = fisher("fisher_effective_released", [name for name in shapes if ".lora_" not in name])
    measured = fisher("fisher_effective_restricted", [matrix.name for matrix in matrices])
    carried = carry_anchor_on(folder, whole, measured, seen(1), "sum", None)
    assert carried.importance.keys() == {matrix.name for matrix in matrices}
    one, other = (of_mean_one(each, carried.importance) for each in (whole, measured))
    for name, value in carried.importance.items():
        torch.testing.assert_close(value, one[name] + other[name])
    with pytest.raises(InvalidInputError, match='a rule other than "separate" for anchors of the effective space'):
        carry_anchor_on(folder, whole, measured, seen(1), "separate", None)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_stacked_domains_are_saved_as_one_adapter_and_merged_ones_as_a_checkpoint(name, model_folder, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    stacked, merged = (open_folder(model_folder(name), LORA) for _ in range(2))
    for folder, way in ((stacked, "stack"), (merged, "merge")):
        for domain in range(2):
            learn(folder.model, domain)
            carry_adapter_on(folder, way, seed=domain)
        learn(folder.model, 9)
        folder.save(tmp_path / way)
        assert not torch.allclose(logits(folder.model), logits(open_folder(model_folder(name)).model), atol=0.05)
    original = AutoModelForCausalLM.from_pretrained(model_folder(name))
    with_adapter = PeftModel.from_pretrained(original, tmp_path / "stack")
    assert with_adapter.peft_config["default"].r == 3 * LORA.rank
    torch.testing.assert_close(logits(with_adapter), logits(stacked.model), atol=1e-4, rtol=1e-4)
    whole, report = AutoModelForCausalLM.from_pretrained(tmp_path / "merge", output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"]
    torch.testing.assert_close(logits(whole), logits(merged.model), atol=1e-4, rtol=1e-4)


def test_a_way_that_does_not_exist_or_fit_is_refused(model_folder):
    with pytest.raises(InvalidInputError, match='adapter.carry: expected one of continue, stack, merge, found "keep"'):
        carry_adapter_on(open_folder(model_folder("gpt2"), LORA), "keep", 1)
    dora = open_folder(model_folder("llama-tied"), replace(LORA, kind="dora"))
    with pytest.raises(InvalidInputError, match="found dora"):
        carry_adapter_on(dora, "merge", 1)


def test_the_teacher_of_a_stacked_adapter_is_the_model_before_this_domain(model_folder, slot_of, documents):
    folder = open_folder(model_folder("llama-tied"), LORA)
    read = batches.read_slot(*slot_of([[document] for document in documents])[:4], VOCABULARY_SIZE, folder.device)
    learn(folder.model, 1)
    carry_adapter_on(folder, "stack", seed=2)
    before = scoring.selected_logits(folder, read).detach()
    learn(folder.model, 2)
    after = scoring.selected_logits(folder, read).detach()
    torch.testing.assert_close(Teacher(folder.model).logits(folder, read), before, atol=1e-6, rtol=1e-6)
    assert not torch.allclose(after, before, atol=0.05)

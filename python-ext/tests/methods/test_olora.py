import pytest
import torch
from adapter_cases import logits, randomise_adapter
from phases import SETTINGS, retain, settings, tiny_model

from ballast import adapters, covered_parameters, models
from ballast.errors import InvalidInputError
from ballast.methods import PhaseStart
from ballast.methods.olora import OLoRA
from ballast.retention.after_training import soften
from ballast.training.model_phase import ModelPhase

# PEFT 0.21 reads a property that transformers 5.23 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
DOMAIN = SETTINGS | {"method": "olora", "form": "gradient", "lambda": 0.5, "options": {}, "learningRate": 1e-2}
DOMAIN = {key: value for key, value in DOMAIN.items() if key != "dtype"}
GENERAL = DOMAIN | {"method": "none", "lambda": None}


def open_with_lora(folder, kind="lora"):
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    settings = adapters.AdapterSettings(kind, 4, 8.0, 0.0, ["all-linear"], None)
    adapters.add_adapter(opened, settings, 1)
    return opened


def run_phase(opened, settings, slot, steps=6):
    phase = ModelPhase(opened, settings, None)
    for _ in range(steps):
        phase.forward_backward(*slot[:4], slot[4])
        phase.training.step()
    return phase


def overlap(opened):
    formers = adapters.former_directions(opened)
    return sum(
        (parameter.detach() @ former[name.partition(".lora_A.")[0]].T).abs().sum().item()
        for name, parameter in covered_parameters(opened.model).items()
        if ".lora_A." in name
        for former in formers
    )


@pytest.mark.parametrize("norm", ["absolute", "squared"])
def test_gradient_and_value_are_those_that_autograd_gives(norm, model_folder):
    opened = open_with_lora(model_folder("gpt2"))
    randomise_adapter(opened.model)
    parameters = covered_parameters(opened.model)
    random = torch.Generator().manual_seed(4)
    formers = [
        {
            name.partition(".lora_A.")[0]: torch.randn(rank, parameter.shape[1], generator=random)
            for name, parameter in parameters.items()
            if ".lora_A." in name
        }
        for rank in (2, 5)
    ]
    start = PhaseStart(
        opened.model, parameters, None, settings(method="olora", form="gradient", strength=0.3), formers
    )
    retention = OLoRA(norm=norm).retain(start)
    penalty = sum(
        (lambda product: product.abs() if norm == "absolute" else product.square())(
            former[name.partition(".lora_A.")[0]] @ parameter.T
        ).sum()
        for name, parameter in parameters.items()
        if ".lora_A." in name
        for former in formers
    )
    (0.3 * penalty).backward()
    expected = {name: parameter.grad for name, parameter in parameters.items()}
    for parameter in parameters.values():
        parameter.grad = torch.ones_like(parameter)
    retention.add_gradient()
    for name, parameter in parameters.items():
        wanted = 1 + (expected[name] if expected[name] is not None else 0)
        torch.testing.assert_close(parameter.grad, torch.ones_like(parameter) * wanted, atol=1e-5, rtol=1e-5)
    assert retention.value().item() == pytest.approx(0.3 * penalty.item(), rel=1e-6)


@pytest.mark.parametrize(("name", "kind"), [("llama-tied", "lora"), ("gpt2", "rslora"), ("gptj", "lora")])
def test_a_new_adapter_starts_where_the_former_one_ended_and_both_are_saved_as_one(
    name, kind, model_folder, tmp_path, slot_of, documents
):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    opened = open_with_lora(model_folder(name), kind)
    slot = slot_of([[document] for document in documents])
    run_phase(opened, GENERAL, slot).end()
    ended = logits(opened.model)
    phase = ModelPhase(opened, DOMAIN, None)
    torch.testing.assert_close(logits(opened.model), ended, atol=1e-4, rtol=1e-4)
    phase.end()
    run_phase(opened, DOMAIN, slot).end()
    assert (logits(opened.model) - ended).abs().max() > 0.02
    opened.save(tmp_path / "adapter")
    base = AutoModelForCausalLM.from_pretrained(model_folder(name))
    reloaded = PeftModel.from_pretrained(base, tmp_path / "adapter")
    torch.testing.assert_close(logits(reloaded), logits(opened.model), atol=1e-4, rtol=1e-4)
    assert reloaded.peft_config["default"].r == 2 * 4


def test_the_new_adapter_becomes_orthogonal_to_the_former_one(model_folder, slot_of, documents):
    slot = slot_of([[document] for document in documents])
    left = {}
    for strength in (0.0, 0.5):
        opened = open_with_lora(model_folder("llama-tied"))
        run_phase(opened, GENERAL, slot).end()
        phase = run_phase(opened, DOMAIN | {"lambda": strength}, slot, steps=0)
        start = overlap(opened)
        for _ in range(60):
            phase.forward_backward(*slot[:4], slot[4])
            phase.training.step()
        left[strength] = overlap(opened) / start
    assert left[0.5] < 0.2 < 0.8 < left[0.0], left


def test_a_second_domain_keeps_away_from_both_former_adapters(model_folder, tmp_path, slot_of, documents):
    opened = open_with_lora(model_folder("llama-tied"))
    slot = slot_of([[document] for document in documents])
    for settings_of_phase in (GENERAL, DOMAIN, DOMAIN | {"seed": 6}):
        run_phase(opened, settings_of_phase, slot).end()
    assert len(adapters.former_directions(opened)) == 2
    opened.save(tmp_path / "adapter")
    again = adapters.open_model(str(tmp_path / "adapter"), "float32", "cpu", False, 0)
    assert again.adapter["rank"] == 3 * 4
    torch.testing.assert_close(logits(again.model), logits(opened.model), atol=1e-4, rtol=1e-4)
    soften(opened, "wise-ft", 0.0, None, None, "uniform", "block", "mean")
    base = models.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    torch.testing.assert_close(logits(opened.model), logits(base.model), atol=1e-4, rtol=1e-4)


def test_former_adapters_may_come_from_folders(model_folder, tmp_path, slot_of, documents):
    former = open_with_lora(model_folder("llama-tied"))
    randomise_adapter(former.model)
    former.save(tmp_path / "one")
    opened = open_with_lora(model_folder("llama-tied"))
    options = {"former": f"{tmp_path / 'one'}, {tmp_path / 'one'}"}
    phase = ModelPhase(opened, DOMAIN | {"options": options, "lambda": 1.0}, None)
    trained = covered_parameters(opened.model)
    expected = sum(
        (covered_parameters(former.model)[name] @ trained[name].T).abs().sum().item()
        for name in trained
        if ".lora_A." in name
    )
    assert phase.training.progress()["penalty"] == pytest.approx(2 * expected, rel=1e-5)


def test_what_cannot_be_kept_orthogonal_is_refused(model_folder, tmp_path, slot_of, documents):
    opened = open_with_lora(model_folder("llama-tied"))
    with pytest.raises(InvalidInputError, match="needs a former adapter, found none"):
        ModelPhase(opened, DOMAIN, None)
    with pytest.raises(InvalidInputError, match="options.former: expected the folder of a LoRA adapter"):
        ModelPhase(opened, DOMAIN | {"options": {"former": str(tmp_path)}}, None)
    whole = models.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    with pytest.raises(InvalidInputError, match="lora, rslora or corda.*found none"):
        ModelPhase(whole, DOMAIN, None)
    with pytest.raises(InvalidInputError, match="expected gradient for the method"):
        retain("olora", tiny_model())
    other = open_with_lora(model_folder("gptj"))
    other.save(tmp_path / "other")
    with pytest.raises(InvalidInputError, match="on a module that the new one is on"):
        ModelPhase(opened, DOMAIN | {"options": {"former": str(tmp_path / "other")}}, None)


def test_shrink_of_an_adapter_started_afresh_is_refused(model_folder, slot_of, documents):
    opened = open_with_lora(model_folder("llama-tied"))
    slot = slot_of([[document] for document in documents])
    phase = run_phase(opened, GENERAL | {"importance": "path_integral"}, slot)
    phase.end()
    anchor = phase.finish_importance(1.0, True, "end", "scaled", "block", "mean")
    run_phase(opened, DOMAIN, slot).end()
    with pytest.raises(InvalidInputError, match="started afresh"):
        soften(opened, "shrink", 1.0, None, anchor, "uniform", "block", "mean")

import copy

import pytest
import torch
from phases import retain
from torch.distributions import Categorical, kl_divergence

from ballast import InvalidInputError
from ballast.adapters import add_lora
from ballast.forward import batches, scoring
from ballast.models import open_model


@pytest.fixture(params=["full", "lora"])
def opened(request, model_folder):
    """A model that has moved away from its base, in training mode; with dropout where it has an adapter."""
    opened = open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    if request.param == "lora":
        add_lora(opened, 2, 4.0, 0.5, ["q_proj", "v_proj"], 0)
    opened.model.train()
    return opened


def moved(opened) -> None:
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in opened.model.parameters():
            if parameter.requires_grad:
                parameter += 0.05 * torch.randn_like(parameter)


@pytest.fixture
def batch(opened, slot_of, documents):
    slot, rows, length, packed = slot_of([[document] for document in documents[:3]])[:4]
    return batches.read_slot(slot, rows, length, packed, opened.vocabulary_size, opened.device)


def base_logits(opened, batch):
    base = copy.deepcopy(opened.model).eval()
    return scoring.selected_logits(type(opened)(**(vars(opened) | {"model": base})), batch).detach()


@pytest.mark.parametrize(
    ("method", "options"), [("kl", {}), ("kl", {"direction": "reverse"}), ("asft", {})], ids=["kl", "reverse", "asft"]
)
def test_the_objective_is_the_written_one(opened, batch, method, options):
    base = base_logits(opened, batch)  # A fresh adapter adds nothing.
    retention = retain(method, opened.model, form="objective", strength=0.3, options=options)
    moved(opened)
    opened.model.eval()  # Dropout would make the two forward passes differ.
    objective, loss = retention.objective(opened, batch)

    logits = scoring.selected_logits(opened, batch)
    own, teacher = Categorical(logits=logits), Categorical(logits=base)
    log_likelihoods = own.log_prob(batch.targets)
    weights = log_likelihoods.exp().detach() if method == "asft" else 1
    divergence = kl_divergence(own, teacher) if options else kl_divergence(teacher, own)
    expected = (-weights * log_likelihoods).sum() + 0.3 * divergence.sum()
    assert divergence.sum() > 0.01
    assert objective.item() == pytest.approx(expected.item(), rel=1e-5)
    assert loss.item() == pytest.approx(-log_likelihoods.sum().item(), rel=1e-5)
    parameters = [parameter for parameter in opened.model.parameters() if parameter.requires_grad]
    gradients = torch.autograd.grad(objective, parameters, allow_unused=True)
    by_hand = torch.autograd.grad(expected, parameters, allow_unused=True)
    for one, other in zip(gradients, by_hand, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-5)


def test_the_teacher_has_no_dropout_and_leaves_the_model_training(opened, batch):
    retention = retain("kl", opened.model, form="objective", strength=1.0)
    moved(opened)
    first, second = (retention._teacher.logits(opened, batch) for _ in range(2))
    assert torch.equal(first, second)
    assert opened.model.training and not first.requires_grad


def test_an_adapter_needs_no_second_model(opened):
    retention = retain("kl", opened.model, form="objective")
    assert (retention._teacher._copy is None) == (opened.adapter is not None)


@pytest.mark.parametrize("method", ["kl", "asft"])
def test_there_is_no_proximal_form(opened, method):
    with pytest.raises(InvalidInputError, match=f'form: expected objective for the method "{method}", found "proximal"'):
        retain(method, opened.model, form="proximal")

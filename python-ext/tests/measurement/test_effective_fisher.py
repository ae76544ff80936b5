"""EWC-LoRA's Fisher information in each variant against a loop with autograd's own gradients."""

import importlib.util

import pytest
import torch
from phases import measured_anchor, retain
from torch.nn import functional

from ballast import InvalidInputError, adapters
from ballast.adapters.adapted import adapted_matrices, base_parameters
from ballast.importance import FISHER, SENSITIVITY
from ballast.measurement import Measurement
from ballast.measurement.effective_fisher import BATCHED, DOCUMENT_TOKENS, ONLINE, RELEASED, RESTRICTED, fisher_kind
from ballast.models import open_model

LOOPS = [RELEASED, RESTRICTED, BATCHED]
TARGETS = {"llama-tied": ["q_proj", "v_proj"], "gpt2": ["c_attn"], "gptj": ["q_proj", "v_proj"]}


def open_with_lora(folder, targets=None):
    """With B away from 0, as after a general phase."""
    opened = open_model(str(folder), "float32", "cpu", False, 0)
    adapters.add_lora(opened, 2, 4.0, 0.1, targets or TARGETS[folder.name], 1)
    with torch.no_grad():
        for matrix in adapted_matrices(opened.model):
            matrix.b.normal_(std=0.1)
    return opened


@pytest.fixture(params=list(TARGETS))
def opened(request, model_folder):
    return open_with_lora(model_folder(request.param))


def anchor_of(opened, variant, slots, labels="data"):
    measurement = Measurement(opened, fisher_kind(variant), labels, 3)
    for slot in slots:
        measurement.add(*slot[:4])
    return measurement.finish(False, "uniform", "block", "mean")


def mean_gradient(opened, rows):
    """∂/∂W of the mean cross entropy of every next token of the documents, for each base parameter, by autograd."""
    parameters = base_parameters(opened.model.eval())
    trainable = [p for p in opened.model.parameters() if p.requires_grad]
    opened.model.requires_grad_(True)
    losses = []
    for row in rows:
        ids = torch.tensor([row])
        logits = opened.model(input_ids=ids).logits[0, :-1]
        losses.append(functional.cross_entropy(logits, ids[0, 1:], reduction="none"))
    gradients = torch.autograd.grad(torch.cat(losses).mean(), list(parameters.values()), allow_unused=True)
    opened.model.requires_grad_(False)
    for parameter in trainable:
        parameter.requires_grad_(True)
    return dict(zip(parameters, gradients, strict=True))


def loop(opened, batches):
    """1/N Σ_b n_b g_b² with g_b the gradient of the mean loss of batch b and n_b its documents."""
    total, documents = {}, sum(len(rows) for rows in batches)
    for rows in batches:
        for name, gradient in mean_gradient(opened, rows).items():
            total[name] = total.get(name, 0) + len(rows) * gradient**2 / documents
    return total


def assert_same(found, expected, names):
    for name in names:
        largest = float(expected[name].max())
        assert largest > 0 and torch.allclose(found[name], expected[name], rtol=1e-3, atol=1e-4 * largest), name


@pytest.mark.parametrize("variant", LOOPS)
@pytest.mark.parametrize("packed", [False, True])
def test_documents_one_by_one_or_together_give_autograds_loop(opened, slot_of, documents, variant, packed):
    rows = [documents[:2], documents[2:5], documents[5:]] if packed else [[document] for document in documents]
    anchor = anchor_of(opened, variant, [slot_of(rows[:2]), slot_of(rows[2:])])
    expected = loop(opened, [[document] for document in documents])
    matrices = {matrix.name for matrix in adapted_matrices(opened.model)}
    assert anchor.measured.samples == len(documents) and anchor.space == "effective"
    assert anchor.importance.keys() == (expected.keys() if variant == RELEASED else matrices)
    assert_same(anchor.importance, expected, anchor.importance)


def test_online_squares_the_gradient_of_each_batch(opened, slot_of, documents):
    rows = [[document] for document in documents]
    anchor = anchor_of(opened, ONLINE, [slot_of(rows[:4]), slot_of(rows[4:])])
    expected = loop(opened, [documents[:4], documents[4:]])
    assert anchor.measured.samples == len(documents)
    assert_same(anchor.importance, expected, [matrix.name for matrix in adapted_matrices(opened.model)])


def test_released_and_restricted_and_batched_are_one_measure(model_folder, slot_of, documents):
    opened = open_with_lora(model_folder("llama-tied"))
    slot = slot_of([[document] for document in documents])
    released, restricted, batched = (anchor_of(opened, variant, [slot]).importance for variant in LOOPS)
    assert {name.split(".")[-2] for name in restricted} == {"q_proj", "v_proj"} and restricted.keys() == batched.keys()
    for name in restricted:
        assert torch.equal(released[name], restricted[name])
        assert torch.allclose(batched[name], restricted[name], rtol=1e-3, atol=1e-4 * float(restricted[name].max()))
    whole = sum(parameter.nbytes for parameter in base_parameters(opened.model).values())
    assert sum(tensor.nbytes for tensor in released.values()) == whole, "the released one holds the whole model in fp32"


@pytest.mark.parametrize("variant", [*LOOPS, ONLINE])
def test_measuring_leaves_the_model_as_it_was(model_folder, slot_of, documents, variant):
    opened = open_with_lora(model_folder("llama-tied"))
    before = {name: (value.detach().clone(), value.requires_grad) for name, value in opened.model.named_parameters()}
    anchor_of(opened, variant, [slot_of([documents[:3]])])
    for name, value in opened.model.named_parameters():
        assert torch.equal(value, before[name][0]) and value.requires_grad == before[name][1] and value.grad is None
    assert not any(module._forward_hooks for module in opened.model.modules())


@pytest.mark.parametrize("variant", [*LOOPS, ONLINE])
def test_tokens_beyond_the_800th_do_not_count(model_folder, slot_of, variant, monkeypatch):
    monkeypatch.setattr("ballast.measurement.effective_fisher.DOCUMENT_TOKENS", 8)
    opened = open_with_lora(model_folder("llama-tied"))
    long = torch.arange(3, 33).tolist()
    whole, cut = (anchor_of(opened, variant, [slot_of([[row]])]) for row in (long, long[:8]))
    assert DOCUMENT_TOKENS == 800
    assert_same(whole.importance, cut.importance, [matrix.name for matrix in adapted_matrices(opened.model)])


def test_a_document_without_a_scored_token_is_no_sample(model_folder, slot_of):
    opened = open_with_lora(model_folder("llama-tied"))
    slot = slot_of([[[5, 6, 7, 8], [9, 10]], [[11, 12, 13]]], prompt=2)
    for variant in (*LOOPS, ONLINE):
        assert anchor_of(opened, variant, [slot]).measured.samples == 2


def test_only_the_loop_of_the_released_code_copies_to_the_cpu(model_folder, slot_of, documents, monkeypatch):
    """Where each sum lives, with the meta device standing for a GPU's memory: nothing is computed there."""
    from ballast.measurement.effective_fisher import DocumentLoop

    opened = open_with_lora(model_folder("llama-tied"))
    opened.model.to("meta")
    opened.device = torch.device("meta")
    released, restricted = (DocumentLoop(opened, variant) for variant in (RELEASED, RESTRICTED))
    assert {total.device.type for total in released.totals.values()} == {"cpu"}
    assert {total.device.type for total in restricted.totals.values()} == {"meta"}
    assert {total.dtype for total in released.totals.values()} == {torch.float32}


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_the_released_sums_are_on_the_cpu_and_the_same(model_folder, slot_of, documents):
    found = []
    for device in ("cpu", "cuda"):
        opened = open_model(str(model_folder("llama-tied")), "float32", device, False, 0)
        adapters.add_lora(opened, 2, 4.0, 0.0, ["q_proj", "v_proj"], 1)
        found.append(anchor_of(opened, RELEASED, [slot_of([[document] for document in documents])]).importance)
    assert {tensor.device.type for tensor in found[1].values()} == {"cpu"}
    assert_same(found[1], found[0], found[0])


def test_a_model_without_an_adapter_is_refused(model_folder):
    opened = open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    for variant in (*LOOPS, ONLINE):
        with pytest.raises(InvalidInputError, match='retention.space: .* give the experiment an "adapter"'):
            Measurement(opened, fisher_kind(variant), "data", 0)


def test_labels_may_be_the_models_own(model_folder, slot_of, documents):
    opened = open_with_lora(model_folder("llama-tied"))
    slot = slot_of([[document] for document in documents])
    data, sampled, again = (
        anchor_of(opened, RESTRICTED, [slot], labels).importance for labels in ("data", "sampled", "sampled")
    )
    name = next(iter(data))
    assert torch.equal(sampled[name], again[name]) and not torch.equal(sampled[name], data[name])


def test_it_is_another_measure_than_the_path_integral(model_folder, slot_of, documents):
    """Rank correlation of the elements of EWC-LoRA's F with the hierarchical method's Ω in the effective space."""
    from phases import mean_loss, settings

    from ballast import TrainingPhase

    opened = open_with_lora(model_folder("llama-tied"))
    phase = TrainingPhase(opened.model, settings(importance="path_integral", space="effective", learningRate=1e-3))
    for _ in range(12):
        for document in documents:
            ids = torch.tensor([document])
            phase.backward(mean_loss(opened.model, ids) / len(documents))
        phase.step()
    phase.end()
    omega = phase.finish_importance(1.0, True, "end", "scaled", "block", "mean").importance
    fisher = anchor_of(opened, RESTRICTED, [slot_of([[document] for document in documents])]).importance
    correlations = {}
    for name in omega:
        held = (omega[name] > 0).flatten()
        ranks = [tensor.flatten()[held].argsort().argsort().double() for tensor in (omega[name], fisher[name])]
        correlations[name] = float(torch.corrcoef(torch.stack(ranks))[0, 1])
    for name, value in correlations.items():
        print(f"rank correlation of Ω > 0 and F in {name}: {value:.3f}")
    assert all(-0.2 < value < 0.9 for value in correlations.values())


def test_an_anchor_of_it_serves_the_method(model_folder, slot_of, documents):
    opened = open_with_lora(model_folder("llama-tied"))
    anchor = anchor_of(opened, BATCHED, [slot_of([[document] for document in documents])])
    assert retain("ewc-lora", opened.model, anchor, space="effective", form="gradient").strength == 0.01


# --- a base in few bits ---------------------------------------------------------------------------------------------


class Packed(torch.nn.Linear):
    """A linear layer whose weight is held as 4 bits are: two numbers in a byte, [out · in / 2, 1]."""

    def __init__(self, linear):
        super().__init__(linear.in_features, linear.out_features, bias=False)
        self.scale = float(linear.weight.abs().max()) / 7
        nibbles = (linear.weight.detach() / self.scale).round().to(torch.int8).add(8).to(torch.uint8).view(-1, 2)
        self.weight = torch.nn.Parameter((nibbles[:, :1] << 4) | nibbles[:, 1:], requires_grad=False)

    def numbers(self):
        nibbles = torch.cat([self.weight >> 4, self.weight & 15], 1).view(self.out_features, self.in_features)
        return (nibbles.float() - 8) * self.scale

    def forward(self, x):
        return functional.linear(x, self.numbers())


@pytest.fixture
def packed_and_whole(model_folder):
    """A base whose adapted matrices are packed, and one with the same numbers in fp32."""
    packed, whole = (open_with_lora(model_folder("llama-tied"), ["up_proj"]) for _ in range(2))
    for one, other in zip(adapted_matrices(packed.model), adapted_matrices(whole.model), strict=True):
        one.module.base_layer = Packed(one.module.base_layer)
        with torch.no_grad():
            other.weight.copy_(one.module.base_layer.numbers())
            one.b.copy_(other.b)
    return packed, whole


@pytest.mark.parametrize("variant", [BATCHED, ONLINE])
def test_the_fisher_information_of_packed_weights_is_that_of_their_numbers(
    packed_and_whole, slot_of, documents, variant
):
    slot = slot_of([[document] for document in documents])
    found, expected = (anchor_of(opened, variant, [slot]).importance for opened in packed_and_whole)
    assert found.keys() == expected.keys()
    assert_same(found, expected, expected)


def test_the_path_integral_of_packed_weights_and_its_penalty_are_those_of_their_numbers(packed_and_whole):
    anchors = [measured_anchor(opened.model, space="effective") for opened in packed_and_whole]
    assert_same(anchors[0].importance, anchors[1].importance, anchors[1].importance)
    values = []
    for opened, anchor in zip(packed_and_whole, anchors, strict=True):
        penalty = retain("hierarchical", opened.model, anchor, space="effective", form="gradient", strength=1.0)
        with torch.no_grad():
            for matrix in adapted_matrices(opened.model):
                matrix.b.add_(0.1)
        values.append(penalty.value().item())
    assert values[0] == pytest.approx(values[1], rel=1e-3) and values[0] > 0


@pytest.mark.parametrize("variant", [RELEASED, RESTRICTED])
def test_variants_that_need_the_gradient_of_each_weight_are_refused_on_packed_ones(packed_and_whole, variant):
    with pytest.raises(InvalidInputError, match=f'variant: expected "batched" .* or "online" .* found "{variant}"'):
        Measurement(packed_and_whole[0], fisher_kind(variant), "data", 0)


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="needs the package bitsandbytes")
@pytest.mark.parametrize("kind", [FISHER, SENSITIVITY, fisher_kind(BATCHED), fisher_kind(ONLINE)])
def test_importance_on_a_base_in_8_bits_is_near_that_on_the_whole_one(kind, model_folder, slot_of, documents):
    slot = slot_of([[document] for document in documents])
    found = []
    for adapter, bits in (("lora", None), ("qlora", 8)):
        opened = adapters.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0, bits)
        adapters.add_adapter(opened, adapters.AdapterSettings(adapter, 2, 4.0, 0.0, ["q_proj", "v_proj"], None), 1)
        with torch.no_grad():
            for matrix in adapted_matrices(opened.model):
                matrix.b.copy_(torch.randn(matrix.b.shape, generator=torch.Generator().manual_seed(2)) / 10)
        measurement = Measurement(opened, kind, "data", 0)
        measurement.add(*slot[:4])
        importance = measurement.finish(False, "uniform", "block", "mean").importance
        found.append(torch.cat([tensor.flatten() for tensor in importance.values()]))
    whole, few = found
    assert few.dtype == torch.float32 and float((few - whole).norm() / whole.norm()) < 0.2

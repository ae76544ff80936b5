import json
from dataclasses import replace

import pytest
import torch
from phases import batch, lora_model, measured_anchor, retain, same_bits, settings, tiny_model, train, values
from safetensors.torch import load_file

from ballast import Anchor, InvalidInputError, TrainingPhase, covered_parameters
from ballast.adapters.adapted import adapted_matrices
from ballast.anchors.files import METADATA, TENSORS
from ballast.importance.storage import KINDS, storage_of

PROVENANCE = {"baseModel": "sha256:1234", "data": "sha256:abcd", "recipe": {"steps": 6}}


@pytest.fixture(scope="module")
def anchor() -> Anchor:
    """Of the tied Llama; its reference is the end of the general phase."""
    return measured_anchor(tiny_model())


@pytest.fixture(scope="module")
def base_anchor() -> Anchor:
    """Of the tied Llama; its reference is the base."""
    return measured_anchor(tiny_model(), reference="start")


@pytest.fixture
def saved(anchor, tmp_path):
    anchor.save(tmp_path, PROVENANCE)
    return tmp_path


def test_round_trip(anchor, saved):
    opened = Anchor.load(saved, tiny_model(), "sha256:1234")
    assert same_bits(opened.importance, anchor.importance)
    assert same_bits(opened.reference, anchor.reference)
    assert opened.describe() == anchor.describe()
    assert opened.layer_weights == anchor.layer_weights
    assert opened.provenance == PROVENANCE


def test_a_phase_under_an_opened_anchor_is_the_phase_under_the_one_in_memory(anchor, saved):
    outcomes = []
    for held in (anchor, Anchor.load(saved, tiny_model())):
        phase = TrainingPhase(tiny_model(), settings(method="hierarchical"), held)
        outcomes.append(values(train(phase, batch()).model))
    assert same_bits(*outcomes)


def test_a_reference_that_is_the_base_is_not_stored(base_anchor, tmp_path):
    base_anchor.save(tmp_path, {})
    opened = Anchor.load(tmp_path, tiny_model())
    assert same_bits(opened.reference, values(tiny_model()))
    assert base_anchor.bytes == tiny_model().num_parameters() * 4 == base_anchor.model_bytes
    assert (tmp_path / TENSORS).stat().st_size < 1.2 * base_anchor.bytes


@pytest.mark.parametrize("form, clip_norm", [("proximal", 0.0), ("gradient", 0.0), ("gradient", 1.0)])
def test_a_base_that_bfloat16_holds_to_the_bit_is_held_so_and_holds_alike(form, clip_norm, base_anchor, tmp_path):
    def stored_in_bfloat16():
        return tiny_model().bfloat16().float()

    measured_anchor(stored_in_bfloat16(), reference="start").save(tmp_path, {})
    narrow = Anchor.load(tmp_path, stored_in_bfloat16())
    assert {each.dtype for each in narrow.reference.values()} == {torch.bfloat16}
    assert {each.dtype for each in base_anchor.reference.values()} == {torch.float32}
    wide = replace(narrow, reference={name: each.float() for name, each in narrow.reference.items()})
    assert same_bits(wide.reference, values(stored_in_bfloat16()))
    outcomes = []
    for anchor in (narrow, wide):
        held = settings(method="hierarchical", form=form, clipNorm=clip_norm)
        outcomes.append(values(train(TrainingPhase(stored_in_bfloat16(), held, anchor), batch(), 3).model))
    assert same_bits(*outcomes)
    assert not same_bits(outcomes[0], values(train(TrainingPhase(stored_in_bfloat16(), settings()), batch(), 3).model))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reference", ["start", "end"])
def test_every_storage_opens_as_what_it_was_in_memory(anchor, base_anchor, tmp_path, kind, reference):
    stored = {"start": base_anchor, "end": anchor}[reference].stored_as(storage_of(kind, 0.05))
    stored.save(tmp_path, PROVENANCE)
    opened = Anchor.load(tmp_path, tiny_model(), "sha256:1234")
    assert same_bits(opened.importance, stored.importance) and same_bits(opened.reference, stored.reference)
    assert opened.describe() == stored.describe() and opened.layer_weights == stored.layer_weights
    opened.save(tmp_path / "again", PROVENANCE)
    for file in (METADATA, TENSORS):
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / file).read_bytes()


@pytest.mark.parametrize(("kind", "smaller", "error"), [("bfloat16", 1.99, 2**-8), ("int8", 3.4, 0.02)])
def test_a_smaller_storage_is_that_much_smaller_and_says_its_error(base_anchor, tmp_path, kind, smaller, error):
    stored = base_anchor.stored_as(storage_of(kind))
    assert base_anchor.bytes / stored.bytes > smaller
    wrong = sum(float((stored.importance[n] - v).abs().sum()) for n, v in base_anchor.importance.items())
    total = sum(float(v.sum()) for v in base_anchor.importance.values())
    assert stored.describe()["storageError"] == pytest.approx(wrong / total, rel=1e-5)
    assert 0 < stored.describe()["storageError"] < error
    stored.save(tmp_path, {})
    assert (tmp_path / TENSORS).stat().st_size < 1.2 * stored.bytes


@pytest.mark.parametrize("kind", ["int8", "sparse", "factored"])
def test_a_phase_is_held_by_what_is_stored(anchor, kind):
    as_measured, as_stored = (
        values(train(TrainingPhase(tiny_model(), settings(method="hierarchical"), held), batch()).model)
        for held in (anchor, anchor.stored_as(storage_of(kind, 0.05)))
    )
    assert not same_bits(as_measured, as_stored)


def test_how_importance_is_spread_stands_in_the_metadata(saved, anchor):
    spread = json.loads((saved / METADATA).read_text())["distribution"]
    everything = torch.cat([tensor.flatten() for tensor in anchor.importance.values()])
    assert spread["mean"] == pytest.approx(float(everything.mean()), rel=1e-5)
    assert spread["zeroShare"] == pytest.approx(float((everything == 0).float().mean()), rel=1e-5)
    largest = everything.sort(descending=True).values[: round(0.01 * len(everything))].sum() / everything.sum()
    assert spread["topPercentShare"] == pytest.approx(float(largest), rel=0.02)
    assert [layer["name"] for layer in spread["layers"]] == ["embedding", "block.0", "block.1"]
    means = {module["name"]: module["mean"] for module in spread["modules"]}
    assert list(means.values()) == sorted(means.values(), reverse=True)
    head = anchor.importance["model.embed_tokens.weight"]
    assert means["model.embed_tokens"] == pytest.approx(float(head.mean()), rel=1e-5)
    assert sum(module["elements"] for module in spread["modules"]) == len(everything)


def test_an_unknown_storage_names_the_file(saved):
    metadata = json.loads((saved / METADATA).read_text())
    metadata["storage"]["kind"] = "int2"
    (saved / METADATA).write_text(json.dumps(metadata))
    with pytest.raises(InvalidInputError, match='"storage" in .*anchor.json.* found "int2".* version of Ballast'):
        Anchor.load(saved)


def test_tensors_that_are_not_of_the_storage_are_refused_as_damaged(saved):
    metadata = json.loads((saved / METADATA).read_text())
    for kind in ("int8", "factored"):
        metadata["storage"]["kind"] = kind
        (saved / METADATA).write_text(json.dumps(metadata))
        with pytest.raises(InvalidInputError, match=f"not those of the storage {kind}"):
            Anchor.load(saved)


def test_without_a_model_an_anchor_can_be_looked_at_but_not_used(base_anchor, tmp_path):
    base_anchor.save(tmp_path, {})
    opened = Anchor.load(tmp_path)
    assert opened.describe() == base_anchor.describe()
    with pytest.raises(InvalidInputError, match="open it with the base model"):
        TrainingPhase(tiny_model(), settings(method="hierarchical"), opened)


def test_lora_factors_round_trip(tmp_path):
    anchor = measured_anchor(lora_model())
    anchor.save(tmp_path, {})
    opened = Anchor.load(tmp_path, lora_model())
    assert same_bits(opened.importance, anchor.importance)
    assert opened.bytes < opened.model_bytes
    assert [layer.name for layer in opened.layer_weights.layers] == ["block.0", "block.1"]


def test_metadata_says_how_it_came_about(saved):
    metadata = json.loads((saved / METADATA).read_text())
    assert metadata["schema"] == 4 and metadata["space"] == "parameters"
    assert metadata["storage"] == {"kind": "float32", "error": 0.0, "bytes": tiny_model().num_parameters() * 4}
    assert metadata["provenance"] == PROVENANCE
    assert metadata["layerWeights"]["kind"] == "scaled" and metadata["layerWeights"]["normalize"] == "mean"
    assert metadata["shapes"]["model.embed_tokens.weight"] == [320, 32]
    assert [layer["name"] for layer in metadata["layerWeights"]["layers"]] == ["embedding", "block.0", "block.1"]


def mismatch_of(folder, model) -> str:
    with pytest.raises(InvalidInputError, match="is of another model") as refusal:
        Anchor.load(folder, model)
    return str(refusal.value)


def test_another_models_missing_parameter_is_named(saved):
    message = mismatch_of(saved, tiny_model("gpt2"))
    assert "the first mismatch is model.embed_tokens.weight: expected [320, 32]" in message
    assert "found no such trainable parameter" in message


def test_another_models_extra_parameter_is_named(saved):
    assert "mismatch is lm_head.weight: expected no such parameter" in mismatch_of(saved, tiny_model("llama-untied"))


def test_another_models_shape_is_named(saved):
    model = tiny_model()
    model.model.norm.weight = torch.nn.Parameter(torch.ones(31))
    assert "mismatch is model.norm.weight: expected [32] (the anchor), found [31]" in mismatch_of(saved, model)


def test_other_values_are_refused_where_the_reference_is_the_base(base_anchor, tmp_path):
    base_anchor.save(tmp_path, {})
    model = tiny_model()
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[0, 0] += 1e-3
    assert "mismatch is model.layers.1.mlp.up_proj.weight: expected values with" in mismatch_of(tmp_path, model)


def test_another_base_models_hash_is_refused(saved):
    with pytest.raises(InvalidInputError, match="sha256:1234.* found another one .*sha256:5678"):
        Anchor.load(saved, tiny_model(), "sha256:5678")


def test_a_folder_without_an_anchor_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="found neither in"):
        Anchor.load(tmp_path)


def without_metadata(folder):
    (folder / METADATA).unlink()


def without_tensors(folder):
    (folder / TENSORS).unlink()


def with_only_a_partial_file(folder):
    without_metadata(folder)
    (folder / TENSORS).rename(folder / (TENSORS + ".partial"))


def with_cut_tensors(folder):
    (folder / TENSORS).write_bytes((folder / TENSORS).read_bytes()[:-1000])


def with_cut_metadata(folder):
    (folder / METADATA).write_text((folder / METADATA).read_text()[:-100])


def with_a_broken_header(folder):
    whole = (folder / TENSORS).read_bytes()
    (folder / TENSORS).write_bytes(b"\xff" * 8 + whole[8:])


def with_a_flipped_bit(folder):
    whole = bytearray((folder / TENSORS).read_bytes())
    whole[-100] ^= 4
    (folder / TENSORS).write_bytes(whole)


DAMAGES = [
    with_a_flipped_bit,
    without_metadata,
    without_tensors,
    with_only_a_partial_file,
    with_cut_tensors,
    with_cut_metadata,
    with_a_broken_header,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_half_written_anchor_is_refused(saved, damage):
    damage(saved)
    with pytest.raises(InvalidInputError, match="half-written or damaged"):
        Anchor.load(saved, tiny_model())


def test_an_anchor_of_an_earlier_version_has_no_hash_and_opens(saved):
    metadata = json.loads((saved / METADATA).read_text())
    del metadata["tensorHash"]
    (saved / METADATA).write_text(json.dumps(metadata))
    with_a_flipped_bit(saved)
    Anchor.load(saved, tiny_model())


def test_an_anchor_replaces_an_older_one_and_leaves_nothing_else(anchor, base_anchor, saved):
    base_anchor.save(saved, {})
    assert Anchor.load(saved, tiny_model()).describe() == base_anchor.describe()
    assert sorted(file.name for file in saved.iterdir()) == [METADATA, TENSORS]


def test_a_replacement_that_breaks_off_leaves_no_anchor_that_opens(base_anchor, saved, monkeypatch):
    def full_disk(_, file):
        file.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("ballast.anchors.anchor.save_file", full_disk)
    with pytest.raises(OSError, match="no space"):
        base_anchor.save(saved, {})
    with pytest.raises(InvalidInputError, match="half-written"):
        Anchor.load(saved)
    assert [file.name for file in saved.iterdir()] == [TENSORS], "the half of a file takes no room"


def test_another_schema_is_refused(saved):
    metadata = json.loads((saved / METADATA).read_text())
    (saved / METADATA).write_text(json.dumps(metadata | {"schema": 1}))
    with pytest.raises(InvalidInputError, match='expected "schema": 4 .* found 1'):
        Anchor.load(saved)


# ── the effective space of a LoRA adapter ────────────────────────────────────────────────────────────────────────────


def factors(model):
    return {name: value.detach().clone() for name, value in covered_parameters(model).items()}


@pytest.mark.parametrize("reference", ["start", "end"])
def test_an_effective_anchor_holds_base_weights_importance_and_the_adapter(tmp_path, reference):
    model = lora_model("gpt2")
    start = factors(model)
    anchor = measured_anchor(model, space="effective", reference=reference)
    anchor.save(tmp_path, {})
    metadata = json.loads((tmp_path / METADATA).read_text())
    assert metadata["space"] == "effective"
    tensors = load_file(tmp_path / TENSORS)
    names = {f"importance.{matrix.name}" for matrix in adapted_matrices(model)}
    assert {name for name in tensors if name.startswith("importance.")} == names
    opened = lora_model("gpt2")
    again = Anchor.load(tmp_path, opened, space="effective")
    again.restore(opened)
    assert same_bits(factors(opened), start if reference == "start" else factors(model))
    one, other = (retain("hierarchical", opened, each, space="effective", form="gradient") for each in (anchor, again))
    with torch.no_grad():
        next(iter(covered_parameters(opened).values())).add_(0.1)
    assert one.value() == other.value() > 0


def test_an_adapter_that_has_not_begun_may_have_any_random_a(tmp_path):
    def fresh(seed):
        model = lora_model()
        torch.manual_seed(seed)
        for matrix in adapted_matrices(model):
            matrix.module.reset_lora_parameters("default", True)
        return model

    measured_anchor(fresh(1), space="effective", reference="start").save(tmp_path, {})
    assert Anchor.load(tmp_path, fresh(2)).space == "effective"
    with pytest.raises(InvalidInputError, match="first mismatch is .*lora_B"):
        Anchor.load(tmp_path, lora_model())


def test_an_anchor_of_full_fine_tuning_serves_an_adapter_on_the_same_base(tmp_path):
    full = measured_anchor(tiny_model())
    full.save(tmp_path, {})
    assert json.loads((tmp_path / METADATA).read_text())["space"] == "parameters"
    model = lora_model()
    before = factors(model)
    anchor = Anchor.load(tmp_path, model, space="effective")
    anchor.restore(model)
    assert same_bits(factors(model), before), "the adapter stays where it is"
    penalty = retain("hierarchical", model, anchor, strength=0.5, normalize="none", layer_coefficients="uniform",
                     space="effective", form="gradient")  # fmt: skip
    start = {m.name: m.module.get_delta_weight("default").detach() for m in adapted_matrices(model)}
    with torch.no_grad():
        for parameter in covered_parameters(model).values():
            parameter += 0.1
    expected = sum(
        0.5 * (full.importance[m.name].double() * (m.module.get_delta_weight("default") - start[m.name]) ** 2).sum()
        for m in adapted_matrices(model)
    )
    assert penalty.value().item() == pytest.approx(expected.item(), rel=1e-5)


def test_an_anchor_of_another_space_names_the_setting(tmp_path):
    for space, model in (("factors", lora_model()), ("effective", lora_model()), ("parameters", tiny_model())):
        measured_anchor(model, space="effective" if space == "effective" else "factors").save(tmp_path / space, {})
    for space, wanted, model in (
        ("effective", "factors", lora_model()),
        ("factors", "effective", lora_model()),
        ("parameters", "factors", lora_model()),
        ("effective", "factors", tiny_model()),
        ("parameters", "effective", tiny_model()),
    ):
        expected = f'retention.space: expected an anchor .* "{wanted}", found one that was measured in "{space}"'
        with pytest.raises(InvalidInputError, match=expected):
            Anchor.load(tmp_path / space, model, space=wanted)
    with pytest.raises(InvalidInputError, match='retention.space: .* in "factors"'):
        retain("hierarchical", lora_model(), measured_anchor(lora_model()), space="effective", form="gradient")


def test_an_effective_anchor_of_another_base_or_rank_is_refused(tmp_path):
    measured_anchor(lora_model(), space="effective").save(tmp_path, {})
    with pytest.raises(InvalidInputError, match="mismatch is transformer.h.0.attn.c_attn.weight: .* no importance"):
        Anchor.load(tmp_path, lora_model("gpt2"))
    other = lora_model()
    matrix = adapted_matrices(other)[0]
    matrix.a.data = torch.zeros(5, matrix.a.shape[1])
    with pytest.raises(InvalidInputError, match="first mismatch is .*lora_A.default.weight: expected .2, 32"):
        Anchor.load(tmp_path, other)

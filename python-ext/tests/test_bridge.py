"""The calls that Java makes, in the order in which it makes them."""

import json
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy
import pytest
import torch

from ballast import bridge, kernels
from ballast.errors import InvalidInputError

SETTINGS = {
    "steps": 6, "learningRate": 1e-2, "schedule": "linear", "warmupSteps": 1, "weightDecay": 0.01, "clipNorm": 1.0,
    "seed": 5, "importance": None, "independentGradient": False, "method": "none", "options": {}, "lambda": None,
    "form": "proximal", "anchor": 0, "layerCoefficients": "scaled", "layers": "block", "normalize": "mean",
    "permute": False, "space": "factors",
}  # fmt: skip
LORA = {"kind": "lora", "rank": 4, "alpha": 8.0, "dropout": 0.0, "targets": None, "preserved": None}
FINISH = (1.0, True, "end", "scaled", "block", "mean")


@pytest.fixture(autouse=True)
def nothing_stays_open():
    yield
    bridge.release_all()


def open_on_cpu(folder, dtype="float32", gradient_checkpointing=False):
    return bridge.open_model(str(folder), dtype, "cpu", gradient_checkpointing, 0, None)


def train(model, slot, steps=6, **settings):
    """A phase over one batch: (handle, progress at the end)."""
    phase = bridge.begin_phase(model, SETTINGS | {"steps": steps} | settings)
    for _ in range(steps):
        bridge.forward_backward(phase, *slot)
        bridge.optimizer_step(phase)
    progress = bridge.phase_progress(phase)
    bridge.end_phase(phase)
    return phase, progress


def parameters_of(model):
    return {name: value.clone() for name, value in bridge.get(model, bridge.OpenedModel).model.state_dict().items()}


def test_a_whole_experiment_runs_on_every_architecture(any_model, tmp_path, slot_of, documents):
    from transformers import AutoModelForCausalLM

    general, domain = slot_of([[d] for d in documents[:3]]), slot_of([documents[3:5], documents[5:]], prompt=3)
    model = open_on_cpu(any_model)
    base_general, base_domain = (bridge.mean_loss(model, *slot[:4])[0] for slot in (general, domain))
    phase, progress = train(model, general, importance="path_integral", learningRate=1e-3)
    assert progress["step"] == 6 and progress["nonFiniteStep"] == 0
    assert bridge.mean_loss(model, *general[:4])[0] < base_general
    anchor = bridge.finish_importance(phase, *FINISH)
    info = bridge.anchor_info(anchor)
    assert [layer["name"] for layer in info["layers"]][:3] == ["embedding", "block.0", "block.1"]
    assert sum(layer["parameters"] for layer in info["layers"]) == bridge.model_info(model)["parameters"]
    assert info["sumOmega"] > 0
    json.dumps(info)
    assert bridge.describe_kernels(model) == kernels.describe()
    bridge.save_anchor(anchor, str(tmp_path / "anchor"), {"recipe": {"steps": 6}})
    bridge.release(phase)

    opened = bridge.open_anchor(str(tmp_path / "anchor"), model, None, "factors", "uniform", "block", "mean")
    phase, progress = train(model, domain, method="hierarchical", anchor=opened)
    assert progress["penalty"] > 0
    ended = bridge.end_phase(phase)
    assert ended["method"] == "hierarchical" and ended["lambda"] == 30.0 and ended["peakMemoryBytes"] > 0
    assert bridge.mean_loss(model, *domain[:4])[0] < base_domain
    bridge.save_model(model, str(tmp_path / "model"))
    reloaded = AutoModelForCausalLM.from_pretrained(tmp_path / "model").state_dict()
    for name, value in parameters_of(model).items():
        assert torch.equal(reloaded[name], value), name


def test_training_equals_a_plain_loop_with_torch_and_transformers(any_model, slot_of, documents):
    from transformers import AutoModelForCausalLM, get_linear_schedule_with_warmup

    model = open_on_cpu(any_model)
    _, progress = train(model, slot_of([[document] for document in documents]))
    plain = AutoModelForCausalLM.from_pretrained(any_model).train()
    optimizer = torch.optim.AdamW(plain.parameters(), lr=1e-2, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, 1, 6)
    targets, losses = sum(len(document) - 1 for document in documents), []
    for _ in range(6):
        rows = [torch.tensor([document]) for document in documents]
        loss = sum(plain(ids, labels=ids).loss * (ids.shape[1] - 1) for ids in rows) / targets
        loss.backward()
        losses.append(loss.item())
        norm = torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    assert progress["loss"] == pytest.approx(sum(losses) / 6, rel=1e-4)
    assert progress["gradientNorm"] == pytest.approx(norm.item(), rel=1e-3)
    expected = plain.state_dict()
    for name, value in parameters_of(model).items():
        if name.endswith("attn.c_attn.bias"):
            # A bias on all keys changes no attention: its gradient is rounding, which AdamW blows up to whole steps.
            value[32:64] = expected[name][32:64]
        torch.testing.assert_close(value, expected[name], atol=1e-3, rtol=1e-3, msg=lambda m, n=name: f"{n}: {m}")


def test_micro_batches_of_unequal_size_add_up_to_one_large_batch(model_folder, slot_of, documents):
    moved = []
    for parts in ([documents], [documents[:1], documents[1:4], documents[4:]]):
        model = open_on_cpu(model_folder("llama-tied"))
        phase = bridge.begin_phase(model, SETTINGS | {"schedule": "constant", "warmupSteps": 0})
        targets = sum(len(document) - 1 for document in documents)
        for part in parts:
            bridge.forward_backward(phase, *slot_of([[document] for document in part])[:4], targets)
        bridge.optimizer_step(phase)
        moved.append((bridge.phase_progress(phase), parameters_of(model)))
    assert moved[0][0]["loss"] == pytest.approx(moved[1][0]["loss"], rel=1e-5)
    assert moved[0][0]["gradientNorm"] == pytest.approx(moved[1][0]["gradientNorm"], rel=1e-4)
    for name, value in moved[0][1].items():
        torch.testing.assert_close(value, moved[1][1][name], atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["llama-untied", "gpt2", "gptj"])
def test_lora_measures_importance_and_is_held_back_in_factor_space(name, model_folder, tmp_path, slot_of, documents):
    general, domain = slot_of([[d] for d in documents[:3]]), slot_of([[d] for d in documents[3:]])
    model = open_on_cpu(model_folder(name), gradient_checkpointing=True)
    bridge.add_adapter(model, LORA | {"dropout": 0.1}, 3, 0)
    base = {name: value for name, value in parameters_of(model).items() if "lora_" not in name}
    phase, _ = train(model, general, importance="path_integral")
    anchor = bridge.finish_importance(phase, *FINISH)
    info = bridge.anchor_info(anchor)
    assert [layer["name"] for layer in info["layers"]] == ["block.0", "block.1"]
    assert sum(layer["parameters"] for layer in info["layers"]) == bridge.model_info(model)["trainable"]
    train(model, domain, method="hierarchical", anchor=anchor)
    trained = parameters_of(model)
    assert all(torch.equal(trained[name], value) for name, value in base.items()), "the base model stays"
    bridge.save_model(model, str(tmp_path / "adapter"))
    again = open_on_cpu(tmp_path / "adapter")
    assert bridge.mean_loss(again, *domain[:4]) == bridge.mean_loss(model, *domain[:4])


@pytest.mark.parametrize("reference", ["start", "end"])
def test_an_importance_run_ends_where_its_reference_says(model_folder, slot_of, documents, reference):
    model = open_on_cpu(model_folder("qwen2"))
    before = parameters_of(model)
    phase, _ = train(model, slot_of([documents[:3]]), importance="path_integral")
    bridge.finish_importance(phase, 1.0, True, reference, "uniform", "parameter", "none")
    assert all(torch.equal(value, before[name]) for name, value in parameters_of(model).items()) == (
        reference == "start"
    )


def test_bfloat16_trains_with_float32_parameters(model_folder, slot_of, documents):
    model = open_on_cpu(model_folder("llama-tied"), dtype="bfloat16")
    slot = slot_of([documents[:3]])
    before = bridge.mean_loss(model, *slot[:4])[0]
    train(model, slot, importance="path_integral")
    assert bridge.mean_loss(model, *slot[:4])[0] < before
    assert {value.dtype for value in parameters_of(model).values()} == {torch.float32}
    assert bridge.model_info(model)["dtype"] == "bfloat16"


def test_a_loss_that_is_not_finite_is_reported_and_spoils_nothing(model_folder, slot_of, documents):
    model = open_on_cpu(model_folder("llama-tied"))
    slot = slot_of([[documents[0]]])
    phase = bridge.begin_phase(model, SETTINGS | {"importance": "path_integral"})
    head = bridge.get(model, bridge.OpenedModel).model.get_output_embeddings()
    for step in (1, 2, 3, 4):
        for micro_batch in (1, 2):
            spoil = None
            if (step, micro_batch) == (3, 2):
                before = parameters_of(model)
                spoil = head.register_forward_hook(lambda *_arguments: _arguments[-1] * float("nan"))
            bridge.forward_backward(phase, *slot)
            if spoil:
                spoil.remove()
        bridge.optimizer_step(phase)
    progress = bridge.phase_progress(phase)
    assert (progress["nonFiniteStep"], progress["nonFiniteMicroBatch"]) == (3, 2)
    assert all(torch.equal(value, before[name]) for name, value in parameters_of(model).items()), (
        "the last finite model"
    )


def test_scores_arrive_in_the_callers_buffer_behind_a_prefix_too(model_folder, slot_of, scoring_slot_of, documents):
    model = open_on_cpu(model_folder("gptj"))
    assert bridge.sharing(model) == "prefixes"
    prefix = bridge.read_prefix(model, numpy.array(documents[0][:4] + [10**6]), 4)
    items = [(documents[0], documents[1:3]), (documents[0][:6], documents[3:4])]
    answers = []
    for length, handle in ((0, 0), (4, prefix)):
        slot_parts = scoring_slot_of(items, length)
        output = numpy.zeros(2 * slot_parts[3], dtype=numpy.float32)
        bridge.score(model, handle, *slot_parts, output)
        answers.append(output[: slot_parts[3]].astype(float))
    numpy.testing.assert_allclose(answers[1], answers[0], atol=1e-4)
    apart = slot_of([[documents[0][:6] + documents[3]]], prompt=6)
    assert -answers[0][-len(documents[3]) :].sum() == pytest.approx(bridge.mean_loss(model, *apart[:4])[0], rel=1e-5)
    keys = weakref.ref(bridge.get(prefix, bridge.Prefix).cache.layers[0].keys)
    bridge.release_prefix(prefix)
    assert keys() is None, "freed at once"
    with pytest.raises(LookupError, match="expected an open Prefix, found released"):
        bridge.score(model, prefix, *slot_parts, output)


def test_training_goes_on_after_an_evaluation(model_folder, slot_of, documents):
    model = open_on_cpu(model_folder("gpt2"))
    slot = slot_of([[documents[0]]])
    phase = bridge.begin_phase(model, SETTINGS)
    bridge.mean_loss(model, *slot[:4])
    bridge.forward_backward(phase, *slot)
    assert bridge.get(model, bridge.OpenedModel).model.training, "dropout is on again"


def test_a_buffers_address_is_the_callers(slot_of):
    buffer = numpy.zeros(7, dtype=numpy.float32)
    assert bridge.address(buffer) == buffer.__array_interface__["data"][0]
    assert bridge.address(memoryview(buffer)) == bridge.address(buffer), "any buffer serves"


def test_a_phase_that_ended_takes_no_more_steps(model_folder, slot_of, documents):
    model = open_on_cpu(model_folder("gpt2"))
    slot = slot_of([[documents[0]]])
    phase, _ = train(model, slot, steps=1)
    with pytest.raises(RuntimeError, match="has ended"):
        bridge.forward_backward(phase, *slot)
    assert bridge.last_error()["kind"] == "internal"


def test_errors_reach_the_caller_as_text(tmp_path):
    with pytest.raises(InvalidInputError):
        open_on_cpu(tmp_path / "absent")
    error = bridge.last_error()
    assert (error["kind"], error["type"]) == ("input", "InvalidInputError")
    assert "absent is not a folder" in error["message"] and "open_model" in error["traceback"]


def test_a_released_model_is_gone(model_folder):
    model = open_on_cpu(model_folder("gpt2"))
    bridge.release(model)
    with pytest.raises(LookupError, match=f"handle {model}: expected an open OpenedModel, found released"):
        bridge.model_info(model)


def test_anchors_are_stored_compared_and_merged_by_number_and_folder(model_folder, tmp_path):
    from java_values import JavaList

    model = open_on_cpu(model_folder("llama-tied"))
    phase = bridge.begin_phase(model, SETTINGS | {"importance": "path_integral"})
    for _ in range(2):
        bridge.forward_backward(phase, numpy.array([3, 4, 5, 6, 4, 5, 6, 7, 0, 1, 2, 3, 1, 1, 1, 1]), 1, 4, False, 4)
        bridge.optimizer_step(phase)
    bridge.end_phase(phase)
    measured = bridge.finish_importance(phase, *FINISH)
    folders = [str(tmp_path / name) for name in ("measured", "stored")]
    stored = bridge.store_anchor(measured, "int8", 0.1)
    for anchor, folder in zip((measured, stored), folders, strict=True):
        bridge.save_anchor(anchor, folder, {})
    assert bridge.anchor_info(measured)["storage"] == "float32", "the first one stays as it was"
    assert bridge.anchor_info(stored)["importanceBytes"] < 0.3 * bridge.anchor_info(measured)["importanceBytes"]
    assert 0.99 < bridge.compare_anchors(*folders)["rankCorrelation"] < 1
    merged = str(tmp_path / "merged")
    info = bridge.merge_anchors(JavaList(*folders), "mean", None, "bfloat16", 0.1, merged)
    assert info["storage"] == "bfloat16" and info == bridge.anchor_info(bridge.open_anchor(merged, model, None, "factors", "scaled", "block", "mean"))


def test_java_collections_serve_as_settings(model_folder):
    from java_values import JavaList, JavaMap

    model = open_on_cpu(model_folder("llama-tied"))
    bridge.add_adapter(model, JavaMap(LORA | {"targets": JavaList("q_proj", "o_proj")}), 0, 0)
    assert bridge.model_info(model)["adapter"]["targets"] == ["o_proj", "q_proj"]
    bridge.begin_phase(model, JavaMap(SETTINGS))


SESSION = """
import json, logging, sys, threading, warnings
out, err = sys.stdout, sys.stderr

class Sink:
    records = []
    def log(self, logger, level, message):
        assert threading.current_thread() is threading.main_thread()
        self.records.append([logger, level, message])

from ballast import bridge
imported_alone = bridge.imported_modules()
versions = bridge.initialize("/some/python", Sink())
print("printed")
threading.Thread(target=lambda: print("from a thread")).start()
warnings.warn("a warning")
logging.getLogger("ballast.x").info("an information")
logging.getLogger("transformers.y").warning("from transformers")
logging.getLogger("huggingface_hub.z").warning("from the hub")
logging.getLogger("httpx").info("chatter")

import numpy
folder, target = sys.argv[1:]
settings = json.loads(sys.stdin.read())

def experiment(model, target):
    phase = bridge.begin_phase(model, settings | {"importance": "path_integral"})
    slot = numpy.array([3, 4, 5, 6, 4, 5, 6, 7, 0, 1, 2, 3, 1, 1, 1, 1])
    for _ in range(2):
        bridge.forward_backward(phase, slot, 1, 4, False, 4)
        bridge.optimizer_step(phase)
    bridge.phase_progress(phase)
    bridge.end_phase(phase)
    anchor = bridge.finish_importance(phase, 1.0, True, "end", "scaled", "block", "mean")
    bridge.save_anchor(anchor, target + "/anchor", {})
    anchor = bridge.open_anchor(target + "/anchor", model, None, "factors", "scaled", "block", "mean")
    phase = bridge.begin_phase(model, settings | {"method": "hierarchical", "anchor": anchor})
    bridge.end_phase(phase)
    prompts = numpy.array([3, 4, 5, 0, 6, 7, 3, 2])
    assert len(bridge.complete(model, folder, prompts, 2, 3, ["zz"], 4, {"do_sample": False}, 1)) == 2
    scoring_slot = numpy.array([3, 4, 5, 0, 1, 2, 1, 1, 1, 1, 2, 5, 6])
    bridge.score(model, 0, scoring_slot, 1, 3, 2, False, numpy.zeros(4, numpy.float32))
    bridge.save_model(model, target + "/model")

model = bridge.open_model(folder, "float32", "auto", False, 0, None)
experiment(model, target + "/full")
imported_by_full = bridge.imported_modules()
lora = {"kind": "lora", "rank": 2, "alpha": 4.0, "dropout": 0.0, "targets": None, "preserved": None}
bridge.add_adapter(model, lora, 0, 0)
experiment(model, target + "/lora")
bridge.render_chat(folder, ['[{"role": "user", "content": "hi"}]'], True)
scalars = bridge.scalars_open(target + "/tensorboard")
bridge.scalars_add(scalars, 1, {"loss": 1.0})
bridge.release_all()
assert sys.executable == "/some/python"
json.dump({"versions": versions, "records": Sink.records, "alone": imported_alone, "full": imported_by_full,
           "modules": bridge.imported_modules(), "memory": bridge.memory()}, out)
out.flush()
"""


def test_a_session_prints_nothing_and_imports_no_trainer(model_folder, tmp_path):
    finished = subprocess.run(
        [sys.executable, "-c", SESSION, str(model_folder("llama-tied")), str(tmp_path)],
        input=json.dumps(SETTINGS),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == "", "nothing behind the caller's back"
    session = json.loads(finished.stdout)
    for unwanted in ("lm_eval", "datasets", "trl", "transformers.trainer", "transformers.training_args"):
        assert unwanted not in session["modules"]
    for slow in ("peft", "transformers.modeling_utils", "tensorboard"):
        assert slow not in session["alone"], "imported only where it serves"
    assert "peft" not in session["full"] and "peft" in session["modules"]
    records = {(logger, level, message) for logger, level, message in session["records"]}
    assert {
        ("python.stdout", 20, "printed"),
        ("python.stdout", 20, "from a thread"),
        ("ballast.x", 20, "an information"),
        ("transformers.y", 30, "from transformers"),
        ("huggingface_hub.z", 30, "from the hub"),
    } <= records
    assert any(logger == "py.warnings" and "a warning" in message for logger, _, message in records)
    assert not any(logger == "httpx" for logger, _, _ in records)
    assert any(logger == "ballast.models.opened_model" and "llama-tied on" in message for logger, _, message in records)
    unexpected = [
        r for r in session["records"] if r[1] >= 30 and not r[2].startswith("from") and "a warning" not in r[2]
    ]
    assert not unexpected, "no warning that nobody can act on"
    assert session["versions"].keys() == {
        "python", "torch", "transformers", "peft", "numpy", "jep", "ballast", "kernels"
    }  # fmt: skip
    assert session["memory"]["peakBytes"] >= session["memory"]["residentBytes"] > 0


def test_a_model_is_exported_and_compared(model_folder, tmp_path):
    model = open_on_cpu(model_folder("llama-tied"))
    probe = bridge.probe_model(model)
    details = bridge.export_model(model, "merged", str(tmp_path / "out"), "float16", 40_000)
    bridge.release(model)
    found = bridge.compare_export(probe, "merged", str(tmp_path / "out"), "float16")
    assert details == {"weightFiles": 2} and found["passed"] and 0 < found["relative"] < 0.05
    json.dumps(found)
    other = bridge.compare_export(probe, "merged", str(model_folder("llama-untied")), "float16")
    assert not other["passed"] and other["differentTokens"] > 50


def test_a_gguf_file_is_converted(model_folder, tmp_path):
    from tiny_gguf import write_gguf

    bridge.convert_gguf(str(write_gguf(model_folder("llama-tied"), tmp_path / "tiny.gguf")), str(tmp_path / "out"))
    open_on_cpu(tmp_path / "out")

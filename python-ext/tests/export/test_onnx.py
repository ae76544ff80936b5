import numpy
import pytest
import torch
from export_cases import IDS, logits, save_adapter

from ballast import adapters, export
from ballast.errors import EnvironmentMissingError, InvalidInputError
from ballast.export import onnx

REQUEST = export.Request("float32", 2_000_000_000)


def exported(source, folder, request=REQUEST):
    """(the model, the probe that it answered, what the export says of itself)."""
    opened = adapters.open_model(str(source), "float32", "cpu", False, 0)
    probe = export.Probe.of(opened)
    return opened, probe, export.write(opened, "onnx", folder, request)


@pytest.fixture(scope="module")
def graph(model_folder, tmp_path_factory):
    """(the folder of a Llama's graph, the model)."""
    folder = tmp_path_factory.mktemp("onnx") / "out"
    opened, _, _ = exported(model_folder("llama-tied"), folder)
    return folder, opened.model


def run(folder, **feed):
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, feed), strict=True))


def no_past(rows=1):
    return {
        f"past_key_values.{layer}.{kind}": numpy.zeros((rows, 2, 0, 8), numpy.float32)
        for layer in range(2)
        for kind in ("key", "value")
    }


@pytest.mark.parametrize("architecture", ["gpt2", "gptj"])
def test_a_graph_read_token_by_token_says_what_the_model_with_its_adapter_says(model_folder, tmp_path, architecture):
    source = save_adapter(model_folder(architecture), "lora", tmp_path / "adapter")
    _, probe, details = exported(source, tmp_path / "out")
    assert details["cache"] and details["inputs"][:3] == ["input_ids", "attention_mask", "past_key_values.0.key"]
    found = export.compared(probe, "onnx", tmp_path / "out", "float32")
    assert found["passed"] and found["relative"] < 1e-5 and found["sameTokens"] == found["tokens"]
    assert "through the cache" in found["way"]
    for name in ("config.json", "tokenizer.json"):
        assert (tmp_path / "out" / name).is_file()


def test_rows_padded_on_the_left_say_what_they_say_alone(graph):
    folder, model = graph
    short = 25
    ids = numpy.array([IDS, [0] * (len(IDS) - short) + IDS[:short]])
    mask = numpy.array([[1] * len(IDS), [0] * (len(IDS) - short) + [1] * short])
    found = torch.from_numpy(run(folder, input_ids=ids, attention_mask=mask, **no_past(2))["logits"])
    torch.testing.assert_close(found[0], logits(model), rtol=0, atol=2e-5)
    torch.testing.assert_close(found[1, -short:], logits(model)[:short], rtol=0, atol=2e-5)


def test_a_graph_is_one_that_onnx_runtime_of_djl_can_open(graph):
    import onnx as library

    model = library.load(graph[0] / "model.onnx")
    assert model.ir_version <= 10 and {opset.version for opset in model.opset_import if not opset.domain} == {20}
    library.checker.check_model(model)


def test_weights_beyond_a_protocol_buffer_go_into_a_file_of_their_own(model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx, "LARGEST_IN_ONE_FILE", 1000)
    _, probe, _ = exported(model_folder("gpt2"), tmp_path / "out")
    assert (tmp_path / "out" / "model.onnx.data").stat().st_size > 1000
    assert export.compared(probe, "onnx", tmp_path / "out", "float32")["passed"]


def test_a_model_whose_memory_is_a_window_has_a_graph_without_a_cache(model_folder, tmp_path):
    import json
    import shutil

    source = shutil.copytree(model_folder("qwen2"), tmp_path / "model")
    config = json.loads((source / "config.json").read_text())
    config |= {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 0, "layer_types": None}
    (source / "config.json").write_text(json.dumps(config))
    _, probe, details = exported(source, tmp_path / "out")
    assert not details["cache"] and details["inputs"] == ["input_ids", "attention_mask"]
    found = export.compared(probe, "onnx", tmp_path / "out", "float32")
    assert found["passed"] and found["way"] == "all positions of a row at once"


def test_bfloat16_is_refused(model_folder, tmp_path):
    opened = adapters.open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    with pytest.raises(InvalidInputError, match="expected float32 or float16 for --format onnx, found bfloat16"):
        export.write(opened, "onnx", tmp_path / "out", export.Request("bfloat16", 1))


def test_positions_that_depend_on_the_length_are_refused(model_folder, tmp_path):
    opened = adapters.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    opened.model.config.rope_parameters["rope_type"] = "longrope"
    with pytest.raises(InvalidInputError, match="found rope_type longrope"):
        export.write(opened, "onnx", tmp_path / "out", REQUEST)


def test_a_missing_package_is_named(model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx, "PACKAGES", ("onnx", "no_such_package"))
    opened = adapters.open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    with pytest.raises(EnvironmentMissingError, match="found none of the name no_such_package; run ./ballast setup"):
        export.write(opened, "onnx", tmp_path / "out", REQUEST)

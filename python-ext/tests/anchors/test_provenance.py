"""The hashes of an anchor's provenance; Java's ModelFolderTest and TokenizerTest have the same files and hashes."""

import json
import struct

from ballast.anchors.provenance import of_model, tokenizer_hash, weights_hash

WEIGHTS = "ef3a84ce2318f9e9feaf54173c1307df4f61523120e278623d028549ba3f93b2"
TOKENIZER = "5fc213759280d2f0a4efc50a66e8f5defd31dcc0163fb6e55ed6748cec758e13"


def write_weights(file, first, shapes):
    """Tensors of bytes, each counting on from where the one before it ended."""
    header, begin = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, size) in shapes.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, begin + size]}
        begin += size
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + bytes(range(first, first + begin)))


def test_weights_are_hashed_as_java_hashes_them_however_they_are_cut_into_files(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
    b, a, c = {"b.weight": ("F32", [2], 8)}, {"a.weight": ("BF16", [2, 2], 8)}, {"c": ("I64", [], 8)}
    write_weights(whole / "model.safetensors", 0, b | a | c)
    write_weights(cut / "model-00001-of-00002.safetensors", 0, b | a)
    write_weights(cut / "model-00002-of-00002.safetensors", 16, c)
    write_weights(cut / "adapter.safetensors", 0, {"d": ("F32", [2], 8)})
    assert weights_hash(whole) == weights_hash(cut) == WEIGHTS
    write_weights(cut / "model-00002-of-00002.safetensors", 17, c)
    assert weights_hash(cut) != WEIGHTS


def test_a_tokenizer_is_hashed_as_java_hashes_it(tmp_path):
    (tmp_path / "tokenizer.json").write_text(
        '{"model": {"vocab": {"<s>": 0, "a": 1}}, "added_tokens": [{"content": "</s>", "id": 2}]}'
    )
    (tmp_path / "tokenizer_config.json").write_text('{"bos_token": null}')
    (tmp_path / "special_tokens_map.json").write_text('{"bos_token": "a", "eos_token": {"content": "</s>"}}')
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    (tmp_path / "config.json").write_text('{"bos_token_id": 0}')
    assert tokenizer_hash(tmp_path) == TOKENIZER
    (tmp_path / "chat_template.jinja").write_text("{{ tools }}")
    assert tokenizer_hash(tmp_path) != TOKENIZER


def test_what_is_no_folder_has_no_hash(tmp_path):
    assert weights_hash(tmp_path) is None and tokenizer_hash(tmp_path) is None
    assert of_model(object()) is None

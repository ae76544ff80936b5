"""A tiny Llama as a GGUF file, as llama.cpp's converter writes it: by the package gguf, with its names and its order.

As a program: `python tests/tiny_gguf.py MODEL_FOLDER FILE QUANTIZATION`.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file

NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
BLOCK_NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip
NORMAL, CONTROL = 1, 3


def write_gguf(folder: Path, file: Path, quantization: str = "F32", scaling: str | None = None) -> Path:
    """The model of a folder; matrices in the quantization of the package's name.

    Args:
        scaling: a kind of scaled positions that the metadata shall claim
    """
    from gguf import GGMLQuantizationType, GGUFWriter, quantize

    config = json.loads((folder / "config.json").read_text())
    kind = GGMLQuantizationType[quantization]
    writer = GGUFWriter(file, "llama")
    _write_metadata(writer, config)
    if scaling is not None:
        writer.add_string("llama.rope.scaling.type", scaling)
    _write_tokenizer(writer, json.loads((folder / "tokenizer.json").read_text()))
    for name, tensor in load_file(folder / "model.safetensors").items():
        values = _as_llama_cpp(name, tensor, config).float().numpy()
        matrix = values.ndim == 2 and kind != GGMLQuantizationType.F32
        writer.add_tensor(_name(name), quantize(values, kind) if matrix else values, raw_dtype=kind if matrix else None)
    if config["rope_parameters"]["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", _factors(config))
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    return file


def _write_metadata(writer, config: dict) -> None:
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def _write_tokenizer(writer, tokenizer: dict) -> None:
    tokens = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    special = {each["content"] for each in tokenizer["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([CONTROL if token in special else NORMAL for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(tokens.index("<s>"))
    writer.add_eos_token_id(tokens.index("</s>"))
    writer.add_unk_token_id(tokens.index("<unk>"))
    writer.add_add_bos_token(False)


def _name(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    _, _, block, rest = name.split(".", 3)
    return f"blk.{block}.{BLOCK_NAMES[rest.removesuffix('.weight')]}.weight"


def _as_llama_cpp(name: str, tensor: torch.Tensor, config: dict) -> torch.Tensor:
    """llama.cpp turns neighbouring numbers by a position's angle, Hugging Face those half a head apart."""
    heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
    if heads is None:
        return tensor
    rows, columns = tensor.shape
    count = config[heads]
    return tensor.view(count, 2, rows // count // 2, columns).transpose(1, 2).reshape(rows, columns).contiguous()


def _factors(config: dict) -> numpy.ndarray:
    """By what each frequency is divided, as transformers' own computation has it."""
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](LlamaConfig(**config), "cpu")
    size = config["hidden_size"] // config["num_attention_heads"]
    plain = config["rope_parameters"]["rope_theta"] ** (-torch.arange(0, size, 2).float() / size)
    return (plain / scaled).numpy()


if __name__ == "__main__":
    write_gguf(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

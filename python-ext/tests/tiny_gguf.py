"""A tiny model as a GGUF file, as llama.cpp's converter writes it: by the package gguf, with its names.

As a program: `python tests/tiny_gguf.py MODEL_FOLDER FILE QUANTIZATION`.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file

# What llama.cpp calls each `model_type` of transformers whose models are written here.
ARCHITECTURES = {"llama": "llama", "qwen2": "qwen2", "gpt2": "gpt2"}
# GPT-2's matrices have inputs in rows in transformers, and outputs in GGUF.
TURNED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
NORMAL, CONTROL = 1, 3


def write_gguf(
    folder: Path, file: Path, quantization: str = "F32", scaling: str | None = None, architecture: str | None = None
) -> Path:
    """The model of a folder; matrices in the quantization of the package's name.

    Args:
        scaling: a kind of scaled positions that the metadata shall claim
        architecture: another one that the file shall claim to have
    """
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, GGMLQuantizationType, GGUFWriter, get_tensor_name_map, quantize
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder)
    known = ARCHITECTURES[config.model_type]
    names = get_tensor_name_map(
        next(each for each in MODEL_ARCH if MODEL_ARCH_NAMES[each] == known), config.num_hidden_layers
    )
    kind = GGMLQuantizationType[quantization]
    writer = GGUFWriter(file, architecture or known)
    _write_metadata(writer, config)
    if scaling is not None:
        writer.add_string("llama.rope.scaling.type", scaling)
    _write_tokenizer(writer, json.loads((folder / "tokenizer.json").read_text()))
    for name, tensor in load_file(folder / "model.safetensors").items():
        values = _as_llama_cpp(name, tensor, config).float().numpy()
        matrix = values.ndim == 2 and kind != GGMLQuantizationType.F32
        written = names.get_name(name, try_suffixes=(".weight", ".bias"))
        writer.add_tensor(written, quantize(values, kind) if matrix else values, raw_dtype=kind if matrix else None)
    if getattr(config, "rope_parameters", {}).get("rope_type") == "llama3":
        writer.add_tensor("rope_freqs.weight", _factors(config))
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    return file


def _write_metadata(writer, config) -> None:
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    if config.model_type == "gpt2":
        writer.add_feed_forward_length(4 * config.hidden_size)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
        return
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


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


def _as_llama_cpp(name: str, tensor: torch.Tensor, config) -> torch.Tensor:
    """For Llama, llama.cpp turns neighbouring numbers by a position's angle, Hugging Face those half a head apart."""
    if config.model_type == "gpt2":
        return tensor.T.contiguous() if name.endswith(TURNED) else tensor
    heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
    if heads is None or config.model_type != "llama":
        return tensor
    rows, columns = tensor.shape
    count = getattr(config, heads)
    return tensor.view(count, 2, rows // count // 2, columns).transpose(1, 2).reshape(rows, columns).contiguous()


def _factors(config) -> numpy.ndarray:
    """By what each frequency is divided, as transformers' own computation has it."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    size = config.hidden_size // config.num_attention_heads
    plain = config.rope_parameters["rope_theta"] ** (-torch.arange(0, size, 2).float() / size)
    return (plain / scaled).numpy()


if __name__ == "__main__":
    write_gguf(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

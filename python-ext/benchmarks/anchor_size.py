"""Sizes of Ω in each storage, as shares of the whole model in float32, from the shapes of real models.

    python -m benchmarks.anchor_size [--share 0.1] [--json]

The models are built from their configurations on the meta device: no weights are needed. "query and value" is what
LoRA adapts by default, and what arXiv 2305.10626 penalises; "all" is full fine-tuning. θ* comes on top unless it is the
base.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence

import torch

from ballast.storage import KINDS

QUERY_AND_VALUE = ("q_proj.weight", "v_proj.weight")


def gpt_j_6b():
    """EleutherAI/gpt-j-6b: the configuration's defaults are that model's."""
    from transformers import GPTJConfig

    return GPTJConfig()


def llama_3_8b():
    """meta-llama/Meta-Llama-3-8B, section 3.2 of arXiv 2407.21783."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=128256,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
        tie_word_embeddings=False,
    )


MODELS = {"GPT-J-6B": gpt_j_6b, "LLaMA-3-8B": llama_3_8b}


def shapes_of(config) -> dict[str, torch.Size]:
    """Of every parameter by name."""
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    return {name: parameter.shape for name, parameter in model.named_parameters()}


def stored_bytes(shape: Sequence[int], kind: str, share: float) -> float:
    """Of Ω of one parameter. A test holds it against what `ballast.storage` makes.

    The size of "sparse" depends a little on where the largest elements lie; here they lie at random, where a distance
    of more than 255 has the probability (1 − share)²⁵⁵ and takes a byte more.
    """
    elements = math.prod(shape)
    if len(shape) < 2:
        return elements * {"bfloat16": 2, "int8": 1}.get(kind, 4) + (4 if kind == "int8" else 0)
    rows, columns = shape[0], elements // shape[0]
    if kind == "factored":
        return 4 * (rows + columns)
    if kind == "sparse":
        kept = max(1, round(share * elements))
        far = (1 - share) ** 255
        return 3 * kept + kept * far / (1 - far) + 4 * (rows + columns)
    return elements * {"float32": 4, "bfloat16": 2, "int8": 1}[kind] + (4 * rows if kind == "int8" else 0)


def table(share: float) -> Iterator[dict]:
    """For each model and set of parameters: how many parameters, and the share of each storage."""
    for model, config in MODELS.items():
        shapes = shapes_of(config())
        elements = sum(shape.numel() for shape in shapes.values())
        for covered, chosen in (
            ("query and value", {name: s for name, s in shapes.items() if name.endswith(QUERY_AND_VALUE)}),
            ("all", shapes),
        ):
            shares = {
                kind: sum(stored_bytes(shape, kind, share) for shape in chosen.values()) / (4 * elements)
                for kind in KINDS
            }
            yield {"model": model, "parameters": elements, "covered": covered, "shares": shares}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--share", type=float, default=0.1, help='of "sparse", what is kept')
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    rows = list(table(options.share))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print("| model | covered | " + " | ".join(KINDS) + " |")
    print("|---" * (2 + len(KINDS)) + "|")
    for row in rows:
        shares = " | ".join(f"{100 * row['shares'][kind]:.2f} %" for kind in KINDS)
        print(f"| {row['model']}, {row['parameters']:,} parameters | {row['covered']} | {shares} |")


if __name__ == "__main__":
    main()

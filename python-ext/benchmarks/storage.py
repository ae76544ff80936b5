"""Sizes of Ω in each storage against the whole model in float32, from the shapes of real models.

    python -m benchmarks.storage [--json] [--share 0.1]

The models are built from their configurations on the meta device: no weights are needed. "query and value" is what
LoRA adapts by default and what arXiv 2305.10626 penalises, whose released code keeps one fp32 number for every
parameter of the model; "all" is full fine-tuning. θ* comes on top unless it is the base.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from transformers import AutoModelForCausalLM, PretrainedConfig

from ballast.importance.storage import KINDS
from benchmarks import workload
from benchmarks.measurement import Measurement, answer, arguments, share

QUERY_AND_VALUE = ("q_proj.weight", "v_proj.weight")
MODELS = ("GPT-J-6B", "LLaMA-3-8B")
GOALS = {"bfloat16": 0.10, "int8": 0.05}
"""Of the query and value matrices."""


def shapes_of(configuration: PretrainedConfig) -> Mapping[str, torch.Size]:
    """Of every parameter by name."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(configuration)
    return {name: parameter.shape for name, parameter in model.named_parameters()}


def stored_bytes(shape: Sequence[int], kind: str, share: float) -> float:
    """Of Ω of one parameter. A test holds it against what `ballast.importance.storage` makes and what a saved file has.

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


def rows(share: float) -> Iterator[Measurement]:
    """For each model, set of parameters and storage."""
    for model in MODELS:
        shapes = shapes_of(workload.SHAPES[model]())
        whole = 4 * sum(shape.numel() for shape in shapes.values()) / 1e6
        query_and_value = [shape for name, shape in shapes.items() if name.endswith(QUERY_AND_VALUE)]
        for covered, chosen, goals in (
            ("query and value", query_and_value, GOALS),
            ("all", list(shapes.values()), {}),
        ):
            for kind in KINDS:
                size = sum(stored_bytes(shape, kind, share) for shape in chosen) / 1e6
                name = f"storage/{model}, {covered}, {kind}"
                yield Measurement.compared(name, [size], [whole], "MB", goals.get(kind))


def main() -> None:
    parser = arguments(__doc__, pairs=1)
    parser.add_argument("--share", type=share, default=0.1, help='of "sparse", what is kept')
    options = parser.parse_args()
    answer(list(rows(options.share)), options.json)


if __name__ == "__main__":
    main()

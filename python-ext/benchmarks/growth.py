"""Time and memory of a step with retention against one without, as models, texts and sequences of domains grow.

    python -m benchmarks.growth [--json] [--pairs 3] [--rows 2] [--length 112] [--parts parameters,context,domains]

Each point is a process of its own for either side: a domain phase of the proximal penalty, and a plain one, of as many
steps as there are pairs after the first. "parameters" has random weights of three shapes, with LoRA, and whole where
memory allows; "context" a row of 128 to 2,048 tokens; "domains" a sequence in which each domain is held by what is
carried on from those before it, all in one process. A row's name is growth/AXIS=VALUE, WHAT: UNIT. The last rows of an
axis are how the cost grows with it: the exponent b of a·x^b between its first and last point, which should not be above
1.1; the constant part of a cost, such as the program itself, makes it smaller.
"""

import itertools
import math
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from transformers import GPT2Config, LlamaConfig, PretrainedConfig

from ballast import memory
from ballast.importance import PATH_INTEGRAL
from ballast.training import sequence
from ballast.training.model_phase import ModelPhase
from benchmarks import workload
from benchmarks.measurement import Measurement, answer, arguments, at_least_one, at_least_two, missing, seconds
from benchmarks.memory_phase import Cost, PhaseOfItsOwn, of_its_own
from benchmarks.workload import batch_of, finished_importance, phase_settings, step_of

STRAIGHT = 1.1
CONTEXTS = (128, 256, 512, 1024, 2048)
DOMAINS = 8
HELD = {"method": "hierarchical", "form": "proximal"}
# Bytes of a parameter that is trained whole: itself, gradient, moments, Ω, θ*; a quarter of the machine is left alone.
WHOLE = 24 / 0.75

Run = Callable[[PhaseOfItsOwn], Cost]


def shape_of_15m(context: int = 256) -> LlamaConfig:
    """stories15M's, that of karpathy/tinyllamas."""
    return LlamaConfig(
        vocab_size=32000, hidden_size=288, intermediate_size=768, num_hidden_layers=6, num_attention_heads=6,
        max_position_embeddings=context, tie_word_embeddings=True,
    )  # fmt: skip


def shape_of_1100m() -> LlamaConfig:
    """TinyLlama's, arXiv 2401.02385."""
    return LlamaConfig(
        vocab_size=32000, hidden_size=2048, intermediate_size=5632, num_hidden_layers=22, num_attention_heads=32,
        num_key_value_heads=4, max_position_embeddings=2048, tie_word_embeddings=False,
    )  # fmt: skip


SHAPES: dict[str, Callable[[], PretrainedConfig]] = {
    "15M": shape_of_15m,
    "124M": GPT2Config,
    "1100M": shape_of_1100m,
}


def point(plain: PhaseOfItsOwn, run: Run = of_its_own) -> tuple[Cost, Cost]:
    """What the phase costs with retention, and without."""
    with tempfile.TemporaryDirectory() as anchor:
        run(replace(plain, settings={"importance": PATH_INTEGRAL}, save_to=anchor, steps=2))
        return run(replace(plain, settings=HELD, anchor=anchor)), run(plain)


def rows_of(axis: str, what: str, points: Sequence[tuple[float, tuple[Cost, Cost]]]) -> Iterator[Measurement]:
    """Of one line of an axis.

    Args:
        points: value on the axis, and what it costs with retention and without
    """
    sides = {
        "s": [(value, [cost.step_seconds[1:] for cost in both]) for value, both in points],
        "MB": [(value, [[cost.peak_bytes / 1e6] for cost in both]) for value, both in points],
    }
    for unit, line in sides.items():
        for value, (held, plain) in line:
            yield Measurement.compared(f"growth/{axis}={value:g}, {what}: {unit}", held, plain, unit, None)
        if len(line) > 1:
            yield exponent(f"growth/{axis}, {what}: exponent of {unit}", line)


def exponent(name: str, line: Sequence[tuple[float, Sequence[Sequence[float]]]]) -> Measurement:
    """b of a·x^b, between the first and the last point of what retention costs."""
    (first, (begun, *_)), *_, (last, (ended, *_)) = line
    growth = math.log(statistics.median(ended) / statistics.median(begun))
    return Measurement.limited(name, [growth / math.log(last / first)], STRAIGHT, "")


def parameters(rows: int, length: int, steps: int, run: Run = of_its_own) -> Iterator[Measurement]:
    room = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    lines: dict[str, list] = {"LoRA": [], "whole": []}
    for name, shape in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            opened = workload.random_model(shape(), workload.device())
            count = opened.model.num_parameters()
            opened.model.save_pretrained(folder)
            del opened
            for what, line in lines.items():
                if what == "whole" and count * WHOLE > room:
                    missing(f"growth of {name}, whole", f"it takes more than {room / 1e9:.0f} GB")
                    continue
                plain = PhaseOfItsOwn(folder, what == "LoRA", {}, None, None, rows, length, steps)
                line.append((count, point(plain, run)))
    for what, line in lines.items():
        yield from rows_of("parameters", what, line)


def context(steps: int, lengths: Sequence[int] = CONTEXTS, run: Run = of_its_own) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        workload.random_model(shape_of_15m(max(lengths)), workload.device()).model.save_pretrained(folder)
        plain = [PhaseOfItsOwn(folder, False, {}, None, None, 1, length, steps) for length in lengths]
        yield from rows_of("context", "15M, one row", [(each.length, point(each, run)) for each in plain])


def domains(rows: int, length: int, steps: int, count: int = DOMAINS) -> Iterator[Measurement]:
    """The seconds of a step and the memory held in each of a sequence of domains; against the first of them."""
    opened = workload.random_model(shape_of_15m(), workload.device())
    anchor, times, held = None, [], []
    for domain in range(count):
        settings = HELD if domain else {"method": "none"}
        phase = ModelPhase(opened, phase_settings(importance=PATH_INTEGRAL, **settings), anchor)
        step = seconds(step_of(phase, batch_of(opened, rows, length, domain)), opened.device)
        times.append([step() for _ in range(steps)][1:])
        held.append([memory.snapshot()["residentBytes"] / 1e6])
        measured = finished_importance(phase)
        if anchor is None:
            anchor = measured
        else:
            anchor = sequence.carry_anchor_on(opened, anchor, measured, phase.seen_tokens, "sum", None)
    # The first has nothing to be held by: the second is what the others are compared with.
    for unit, line in {"s": times, "MB": held}.items():
        for domain in range(1, count):
            name = f"growth/domains={domain + 1}, 15M: {unit}"
            yield Measurement.compared(name, line[domain], line[1], unit, None)
        if unit == "s" and count > 2:
            so_far = itertools.accumulate(map(statistics.median, line[1:]))
            in_all = [(number, [[total]]) for number, total in enumerate(so_far, start=1)]
            yield exponent("growth/domains, 15M: exponent of s in all", in_all)


def main() -> None:
    parser = arguments(__doc__, pairs=3)
    parser.add_argument("--rows", type=at_least_one, default=2)
    parser.add_argument("--length", type=at_least_two, default=workload.LENGTH)
    parser.add_argument("--parts", default="parameters,context,domains", help="which, with commas")
    options = parser.parse_args()
    steps = options.pairs + 1
    parts = {
        "parameters": lambda: parameters(options.rows, options.length, steps),
        "context": lambda: context(steps),
        "domains": lambda: domains(options.rows, options.length, steps),
    }
    chosen = options.parts.split(",")
    if unknown := [each for each in chosen if each not in parts]:
        parser.error(f"--parts: expected some of {', '.join(parts)}, found {', '.join(unknown)}")
    answer([row for part in chosen for row in parts[part]()], options.json)


if __name__ == "__main__":
    main()

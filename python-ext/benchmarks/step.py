"""Times the fused step with importance against torch's fused AdamW without it, in interleaved pairs.

    python benchmarks/step.py [--parameters 50e6] [--tensors 12] [--pairs 15] [--threads 2]

Prints the median of the ratios of each pair with their range, and what the memory traffic alone would
make of it: 36 bytes a parameter (5 streams read, 4 written) against 28 (4 and 3) is 1.29.
"""

import argparse
import statistics
import time

import torch

from ballast.kernels import native

SETTINGS = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}


def tensors(parameters: int, count: int) -> list[torch.Tensor]:
    return [torch.randn(parameters // count) * 1e-2 for _ in range(count)]


def ours(parameters: int, count: int):
    roles = [tensors(parameters, count) for _ in range(5)]
    roles[3] = [tensor.square_() for tensor in roles[3]]
    clip, gate = torch.ones(()), torch.zeros((), dtype=torch.int32)
    return lambda step: native.adamw_path_integral(
        *roles, step=step, learning_rate=1e-4, clip=clip, gate=gate, **SETTINGS
    )


def theirs(parameters: int, count: int):
    values = [torch.nn.Parameter(tensor) for tensor in tensors(parameters, count)]
    for value, gradient in zip(values, tensors(parameters, count), strict=True):
        value.grad = gradient
    optimizer = torch.optim.AdamW(
        values,
        lr=1e-4,
        betas=(SETTINGS["beta1"], SETTINGS["beta2"]),
        eps=SETTINGS["eps"],
        weight_decay=SETTINGS["weight_decay"],
        fused=True,
    )
    return lambda step: optimizer.step()


def milliseconds(run, step: int) -> float:
    started = time.perf_counter()
    run(step)
    return (time.perf_counter() - started) * 1e3


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--parameters", type=float, default=50e6)
    arguments.add_argument("--tensors", type=int, default=12)
    arguments.add_argument("--pairs", type=int, default=15)
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    size = int(options.parameters)
    runs = ours(size, options.tensors), theirs(size, options.tensors)
    for step in range(1, 4):
        for run in runs:
            run(step)
    pairs = [[milliseconds(run, step) for run in runs] for step in range(4, 4 + options.pairs)]
    ratios = [one / other for one, other in pairs]
    print(f"{size} parameters, {options.threads} threads; {native.reason()}")
    for name, times in zip(("ours", "torch fused AdamW"), zip(*pairs, strict=True), strict=True):
        print(f"{name}: median {statistics.median(times):.1f} ms, least {min(times):.1f} ms")
    print(f"ratio: median {statistics.median(ratios):.3f}, range {min(ratios):.3f} to {max(ratios):.3f}")


if __name__ == "__main__":
    main()

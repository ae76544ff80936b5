"""What the contract tests of the kernels share: tensors as in the middle of a training, and torch's own optimizer."""

import pytest
import torch

BETAS, EPS = (0.9, 0.999), 1e-8
ADAMW = {"step": 2, "learning_rate": 1e-2, "beta1": 0.9, "beta2": 0.999, "eps": EPS, "weight_decay": 0.1}

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

ROLES = ("parameters", "gradients", "exp_avgs", "exp_avg_sqs", "omegas")

SHAPES = {
    "one element": [(1,)],
    "0-dim": [()],
    "no element": [(0,)],
    "odd": [(7,), (3, 5), (17,), (1, 1, 33)],
    "empty ones between": [(0,), (5,), (0, 4), (0,), (9,), (0,)],
    "large": [(300_007,), (129, 513)],
    "many small": [(size % 11,) for size in range(700)],
}


def state(shapes, device: str = "cpu", seed: int = 3) -> dict[str, list[torch.Tensor]]:
    """As in the middle of a training: moments and ω are not zero."""
    generator = torch.Generator().manual_seed(seed)

    def draw():
        return [torch.randn(shape, generator=generator).to(device) for shape in shapes]

    tensors = {role: draw() for role in ROLES}
    tensors["exp_avg_sqs"] = [tensor.square() for tensor in tensors["exp_avg_sqs"]]
    return tensors


def in_guarded_views(tensors: dict[str, list[torch.Tensor]], offset: int):
    """The same values in views that start `offset` elements into a longer storage."""
    storages, views = [], {}
    for role, values in tensors.items():
        views[role] = []
        for value in values:
            storage = torch.full((offset + value.numel() + 5,), 77.0, device=value.device)
            view = storage[offset : offset + value.numel()].view(value.shape)
            view.copy_(value)
            storages.append(storage)
            views[role].append(view)
    return views, storages


def torch_adamw(tensors, step: int, learning_rate, weight_decay, clip, betas):
    """The parameters and moments that torch.optim.AdamW makes of them."""
    parameters = [torch.nn.Parameter(tensor.clone()) for tensor in tensors["parameters"]]
    optimizer = torch.optim.AdamW(
        parameters, lr=learning_rate, betas=betas, eps=EPS, weight_decay=weight_decay, fused=True
    )
    for parameter, gradient, exp_avg, exp_avg_sq in zip(
        parameters, *(tensors[role] for role in ROLES[1:4]), strict=True
    ):
        parameter.grad = gradient * clip
        optimizer.state[parameter] = {
            "step": torch.tensor(float(step - 1), device=parameter.device),
            "exp_avg": exp_avg.clone(),
            "exp_avg_sq": exp_avg_sq.clone(),
        }
    optimizer.step()
    return {
        "parameters": [parameter.detach() for parameter in parameters],
        "exp_avgs": [optimizer.state[parameter]["exp_avg"] for parameter in parameters],
        "exp_avg_sqs": [optimizer.state[parameter]["exp_avg_sq"] for parameter in parameters],
    }


def assert_same_bits(actual, expected):
    for role in actual:
        for one, other in zip(actual[role], expected[role], strict=True):
            assert torch.equal(one.view(torch.int32), other.view(torch.int32)), role


def gate_of(value: int, device: str) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.int32, device=device)

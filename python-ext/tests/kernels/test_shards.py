"""Kernels on DTensors: two ranks together do what one does with the whole tensors."""

import pytest
import torch
from contract import ADAMW, assert_same_bits, gate_of, state
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.elastic.utils.distributed import get_free_port
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

from ballast import kernels
from ballast.kernels import RowCodes

SHAPES = [(8, 5), (7, 3), (6,), (1, 4)]
PLACEMENTS = [Shard(0), Shard(0), Replicate(), Shard(1)]
ANCHOR = ("references", "importances")
STATES = ("parameters", "gradients", "exp_avgs", "exp_avg_sqs")
STRENGTHS = [0.5, 1.0, 2.0, 0.25]


def tensors() -> dict[str, list[torch.Tensor]]:
    made = state(SHAPES)
    drawn = state(SHAPES, seed=9)
    made["references"] = [drawn["parameters"][0].bfloat16(), *drawn["parameters"][1:]]
    codes = RowCodes((drawn["exp_avg_sqs"][0] * 40).to(torch.uint8), drawn["exp_avgs"][0][:, 0].abs())
    return made | {"importances": [codes, *drawn["exp_avg_sqs"][1:]]}


def calls(held: dict[str, list[torch.Tensor]]) -> list[torch.Tensor]:
    """Every kernel once; what they sum up."""
    clip, gate, value = torch.tensor(0.5), gate_of(0, "cpu"), torch.tensor(-1.0, dtype=torch.float64)
    kernels.adamw_path_integral(*(held[role] for role in (*STATES, "omegas")), **ADAMW, clip=clip, gate=gate)
    values = []
    for form, omegas in (("gradient", None), ("proximal", held["omegas"])):
        roles = (held[role] for role in (*STATES, *ANCHOR))
        kernels.adamw_penalty(
            *roles, strengths=STRENGTHS, form=form, **ADAMW, clip=clip, gate=gate, value=value, omegas=omegas
        )
        values.append(value.clone())
    roles = (held[role] for role in ("gradients", "parameters", *ANCHOR))
    norm = kernels.add_penalty_gradient(*roles, strengths=STRENGTHS, gate=gate)
    roles = (held[role] for role in ("parameters", *ANCHOR))
    kernels.proximal_step(*roles, strengths=STRENGTHS, learning_rate=0.1, gate=gate)
    sums = kernels.finish_importance(held["omegas"], held["gradients"], held["parameters"], xi=0.3)
    return [*values, norm, sums]


def distributed(held, mesh):
    def spread(tensor, placement):
        if isinstance(tensor, RowCodes):
            return RowCodes(*(distribute_tensor(each, mesh, [placement]) for each in (tensor.codes, tensor.scales)))
        return distribute_tensor(tensor, mesh, [placement])

    return {role: list(map(spread, values, PLACEMENTS)) for role, values in held.items()}


def check_rank(rank: int, ranks: int, port: int) -> None:
    store = torch.distributed.TCPStore("127.0.0.1", port, ranks, is_master=rank == 0)
    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=ranks)
    try:
        torch.set_num_threads(1)
        alone = tensors()
        spread = distributed(tensors(), init_device_mesh("cpu", (ranks,)))
        expected, found = calls(alone), calls(spread)
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)
        gathered = {role: [each.full_tensor() for each in spread[role]] for role in (*STATES, "omegas")}
        assert_same_bits(gathered, {role: alone[role] for role in gathered})
    finally:
        torch.distributed.destroy_process_group()


def test_one_rank_has_it_all():
    check_rank(0, 1, get_free_port())


def test_two_ranks_do_together_what_one_does():
    torch.multiprocessing.spawn(check_rank, (2, get_free_port()), nprocs=2)


@pytest.mark.skipif(not kernels.native.is_enabled(), reason=kernels.native.reason())
def test_local_parts_go_native(monkeypatch):
    monkeypatch.setattr(kernels, "reference", None)
    check_rank(0, 1, get_free_port())

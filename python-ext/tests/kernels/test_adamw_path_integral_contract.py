"""The contract of `kernels.adamw_path_integral`, which every implementation keeps: checked against
torch's own optimizer and against the formula of the path integral, not against each other."""

import copy

import pytest
import torch
from contract import (
    ADAMW,
    BETAS,
    EPS,
    ROLES,
    SHAPES,
    assert_same_bits,
    gate_of,
    in_guarded_views,
    needs_cuda,
    state,
    torch_adamw,
)

from ballast.kernels import cuda, native, reference


class AdamwPathIntegralContract:
    """Subclasses name the implementation and the device of its tensors."""

    implementation = None
    device = "cpu"

    def state(self, shapes):
        return state(shapes, self.device)

    def step(self, tensors, clip=1.0, gate=0, betas=BETAS, **settings):
        self.implementation.adamw_path_integral(
            *(tensors[role] for role in ROLES),
            **(ADAMW | {"beta1": betas[0], "beta2": betas[1]} | settings),
            clip=torch.tensor(clip, device=self.device),
            gate=gate_of(gate, self.device),
        )

    def assert_is_torch_adamw_with_path_integral(self, tensors, **settings):
        before = copy.deepcopy(tensors)
        self.step(tensors, **settings)
        adamw = {"step": 2, "learning_rate": 1e-2, "weight_decay": 0.1, "clip": 1.0, "betas": BETAS}
        expected = torch_adamw(before, **(adamw | settings))
        for role, values in expected.items():
            # A few roundings of fp32, relative to the size of what was added up (1 to 4).
            torch.testing.assert_close(tensors[role], values, rtol=5e-7, atol=5e-7)
        # In double, from the move that the fp32 parameters really made and the unclipped gradient.
        omegas = [
            omega.double() - gradient.double() * (end.double() - start.double())
            for omega, gradient, start, end in zip(
                before["omegas"],
                before["gradients"],
                before["parameters"],
                tensors["parameters"],
                strict=True,
            )
        ]
        actual = [omega.double() for omega in tensors["omegas"]]
        torch.testing.assert_close(actual, omegas, rtol=2e-7, atol=5e-7)

    @pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES.keys())
    def test_step_is_torchs_adamw_and_omega_its_formula(self, shapes):
        self.assert_is_torch_adamw_with_path_integral(self.state(shapes))

    def test_a_step_of_no_tensors_is_no_error(self):
        self.step(self.state([]))

    @pytest.mark.parametrize("offset", [1, 3, 16])
    def test_unaligned_views_are_taken_and_nothing_is_written_around_them(self, offset):
        views, storages = in_guarded_views(self.state([(1000,), (3, 7), (1,), (0,)]), offset)
        self.assert_is_torch_adamw_with_path_integral(views)
        for storage in storages:
            assert (storage[:offset] == 77).all() and (storage[-5:] == 77).all()

    @pytest.mark.parametrize("step", [1, 2, 1000, 1_000_000])
    def test_bias_correction_follows_the_step_number(self, step):
        self.assert_is_torch_adamw_with_path_integral(self.state([(100,)]), step=step)

    @pytest.mark.parametrize("betas", [(0.0, 0.0), (0.3, 0.5), (0.5, 0.9), (0.99, 0.95)])
    def test_any_betas(self, betas):
        self.assert_is_torch_adamw_with_path_integral(self.state([(100,)]), betas=betas)

    def test_without_weight_decay(self):
        self.assert_is_torch_adamw_with_path_integral(self.state([(100,)]), weight_decay=0.0)

    def test_clip_factor_scales_the_optimizers_gradient_but_not_omegas(self):
        self.assert_is_torch_adamw_with_path_integral(self.state([(100,)]), clip=0.125)

    def test_a_learning_rate_of_zero_moves_nothing_and_leaves_omega(self):
        tensors = self.state([(100,)])
        before = copy.deepcopy(tensors)
        self.step(tensors, learning_rate=0.0)
        assert torch.equal(tensors["parameters"][0], before["parameters"][0])
        assert torch.equal(tensors["omegas"][0], before["omegas"][0])

    def test_fifty_steps_stay_with_torchs_optimizer(self):
        torch.manual_seed(5)
        parameter = torch.nn.Parameter(torch.randn(257, device=self.device))
        tensors = {role: [torch.zeros(257, device=self.device)] for role in ROLES}
        tensors["parameters"] = [parameter.detach().clone()]
        optimizer = torch.optim.AdamW([parameter], lr=1e-2, betas=BETAS, eps=EPS, weight_decay=0.1)
        for step in range(1, 51):
            gradient = torch.randn(257, device=self.device)
            tensors["gradients"], parameter.grad = [gradient], gradient.clone()
            optimizer.step()
            self.step(tensors, step=step)
        torch.testing.assert_close(tensors["parameters"][0], parameter.detach(), rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1.0])
    @pytest.mark.parametrize("gate", [1, -7])
    def test_a_raised_gate_changes_nothing(self, gate, bad):
        tensors = self.state([(100,), (3, 3), (70_001,)])
        tensors["gradients"][0][13] = bad
        tensors["gradients"][2].fill_(bad)
        before = copy.deepcopy(tensors)
        self.step(tensors, gate=gate)
        assert_same_bits(tensors, before)

    def test_a_raised_gate_changes_nothing_when_the_clip_factor_is_not_finite(self):
        tensors = self.state([(100,)])
        before = copy.deepcopy(tensors)
        self.step(tensors, gate=1, clip=float("nan"))
        assert_same_bits(tensors, before)

    def test_gradients_are_only_read(self):
        tensors = self.state([(100,)])
        before = tensors["gradients"][0].clone()
        self.step(tensors, clip=0.5)
        assert torch.equal(tensors["gradients"][0], before)

    @pytest.mark.parametrize("threads", [2, 3, 5])
    def test_any_number_of_threads_gives_the_same_bits(self, threads):
        shapes = [(300_007,), (5,), (262_144,), (0,), (600_001,)]  # blocks of a thread hold 262,144
        alone, together = self.state(shapes), self.state(shapes)
        usual = torch.get_num_threads()
        try:
            torch.set_num_threads(1)
            self.step(alone)
            torch.set_num_threads(threads)
            self.step(together)
        finally:
            torch.set_num_threads(usual)
        assert_same_bits(alone, together)

    def test_backward_through_a_graph_from_before_the_step_is_refused(self):
        tensors = self.state([(4,)])
        tensors["parameters"] = [torch.nn.Parameter(tensors["parameters"][0])]
        loss = tensors["parameters"][0].square().sum()
        self.step(tensors)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


class TestReference(AdamwPathIntegralContract):
    implementation = reference


@pytest.mark.skipif(not native.is_enabled(), reason=native.reason())
class TestNative(AdamwPathIntegralContract):
    implementation = native


@needs_cuda
@pytest.mark.cuda
class TestReferenceOnCuda(AdamwPathIntegralContract):
    implementation = reference
    device = "cuda"


@needs_cuda
@pytest.mark.cuda
class TestCuda(AdamwPathIntegralContract):
    implementation = cuda
    device = "cuda"

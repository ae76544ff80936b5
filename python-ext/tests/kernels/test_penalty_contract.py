"""The contract of the retention penalty's kernels, which every implementation keeps: checked against autograd on the
written penalty and torch's own optimizer, not against each other."""

import copy

import pytest
import torch
from contract import ADAMW, SHAPES, assert_same_bits, gate_of, in_guarded_views, needs_cuda, state, torch_adamw

from ballast.kernels import RowCodes, cuda, native, reference

STATES = ("parameters", "gradients", "exp_avgs", "exp_avg_sqs")
WRITTEN = (*STATES, "omegas")
FORMS = pytest.mark.parametrize("form", ["gradient", "proximal"])
INFINITY = float("inf")


def in_8_bits(values: torch.Tensor) -> RowCodes:
    """Codes and scales that nothing was rounded for: any will do."""
    codes = (values * 100).to(torch.uint8)
    rows = values.shape[0] if values.dim() > 1 else 1
    return RowCodes(codes, torch.linspace(0.5, 2, rows, device=values.device))


IMPORTANCES = {
    "float32": lambda values: values,
    "bfloat16": lambda values: values.bfloat16(),
    "8 bits": in_8_bits,
    "one for all": lambda values: torch.tensor(0.7, device=values.device),
}
REFERENCES = {"float32": lambda values: values, "bfloat16": lambda values: values.bfloat16()}
HELD = [(importance, reference) for importance in IMPORTANCES.values() for reference in REFERENCES.values()]
HELD_IDS = [f"{importance} and {reference}" for importance in IMPORTANCES for reference in REFERENCES]


class PenaltyContract:
    """Subclasses name the implementation and the device of its tensors."""

    implementation = None
    device = "cpu"

    def tensors(self, shapes, held=HELD[0]):
        """A step's tensors; θ*, Ω as an anchor holds them; and a strength for each."""
        tensors = state(shapes, self.device)
        drawn = state(shapes, self.device, seed=9)
        tensors["references"] = [held[1](value) for value in drawn["parameters"]]
        tensors["importances"] = [held[0](value.clamp(max=2.5)) for value in drawn["exp_avg_sqs"]]
        return tensors | {"strengths": [0.5 + 0.25 * (index % 3) for index in range(len(shapes))]}

    def adamw(self, tensors, form, clip=1.0, gate=0, value=-1.0, measured=True, **settings):
        value = torch.tensor(value, dtype=torch.float64, device=self.device)
        self.implementation.adamw_penalty(
            *(tensors[role] for role in (*STATES, "references", "importances")),
            strengths=tensors["strengths"],
            form=form,
            **(ADAMW | settings),
            clip=torch.tensor(clip, device=self.device),
            gate=gate_of(gate, self.device),
            value=value,
            omegas=tensors["omegas"] if measured else None,
        )
        return value

    def add_gradient(self, tensors, gate=0):
        return self.implementation.add_penalty_gradient(
            *(tensors[role] for role in ("gradients", "parameters", "references", "importances")),
            strengths=tensors["strengths"],
            gate=gate_of(gate, self.device),
        )

    def pull(self, tensors, learning_rate, gate=0):
        self.implementation.proximal_step(
            *(tensors[role] for role in ("parameters", "references", "importances")),
            strengths=tensors["strengths"],
            learning_rate=learning_rate,
            gate=gate_of(gate, self.device),
        )

    @staticmethod
    def penalty(tensors, parameters):
        """As it is written, in double."""
        rows = zip(parameters, tensors["references"], tensors["importances"], tensors["strengths"], strict=True)
        return sum(
            (strength * (weight.float().double() * (parameter.double() - there.double()) ** 2).sum())
            for parameter, there, weight, strength in rows
        )

    def penalty_gradients(self, tensors):
        """By autograd, fp32."""
        parameters = [parameter.clone().requires_grad_() for parameter in tensors["parameters"]]
        return torch.autograd.grad(self.penalty(tensors, parameters), parameters) if parameters else ()

    @staticmethod
    def pulled(tensors, parameters, learning_rate):
        """The minimum of η · penalty + ½ ‖θ − parameters‖², in double."""
        rows = zip(parameters, tensors["references"], tensors["importances"], tensors["strengths"], strict=True)
        return [
            ((there.double() * k + parameter.double()) / (k + 1)).float()
            for parameter, there, weight, strength in rows
            for k in [2 * learning_rate * strength * weight.float().double()]
        ]

    def assert_step(self, tensors, form, clip=1.0, **settings):
        before = copy.deepcopy(tensors)
        value = self.adamw(tensors, form, clip=clip, **settings)
        told = ADAMW | settings
        expected = copy.deepcopy(before)
        if form == "gradient":
            pairs = zip(before["gradients"], self.penalty_gradients(before), strict=True)
            expected["gradients"] = [gradient + added for gradient, added in pairs]
        adamw = {name: told[name] for name in ("step", "learning_rate", "weight_decay")}
        after = torch_adamw(expected, **adamw, clip=clip, betas=(told["beta1"], told["beta2"]))
        if form == "proximal":
            after["parameters"] = self.pulled(before, after["parameters"], told["learning_rate"])
        for role, values in after.items():
            # A few roundings of fp32, relative to the size of what was added up.
            torch.testing.assert_close(tensors[role], values, rtol=2e-6, atol=2e-6)
        assert value.item() == pytest.approx(float(self.penalty(before, tensors["parameters"])), rel=1e-6, abs=1e-9)
        assert all(map(torch.equal, tensors["gradients"], before["gradients"]))
        moves = [new - old for new, old in zip(tensors["parameters"], before["parameters"], strict=True)]
        omegas = [
            omega - gradient * move
            for omega, gradient, move in zip(before["omegas"], before["gradients"], moves, strict=True)
        ]
        torch.testing.assert_close(tensors["omegas"], omegas, rtol=1e-6, atol=1e-6)

    @FORMS
    def test_a_step_that_measures_nothing_is_the_same_step(self, form):
        measured, plain = (self.tensors(SHAPES["odd"], HELD[2]) for _ in range(2))
        omegas = copy.deepcopy(plain["omegas"])
        assert self.adamw(measured, form) == self.adamw(plain, form, measured=False)
        assert_same_bits({role: measured[role] for role in STATES}, {role: plain[role] for role in STATES})
        assert all(map(torch.equal, plain["omegas"], omegas))

    @FORMS
    @pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES.keys())
    def test_step_is_torchs_adamw_with_autograds_penalty(self, shapes, form):
        self.assert_step(self.tensors(shapes), form)

    @FORMS
    @pytest.mark.parametrize("held", HELD, ids=HELD_IDS)
    def test_an_anchor_is_taken_as_it_is_held(self, held, form):
        self.assert_step(self.tensors(SHAPES["odd"] + [(70, 1001), (), (0, 3)], held), form, clip=0.25)

    @FORMS
    def test_tensors_of_one_call_may_be_held_in_different_ways(self, form):
        tensors = self.tensors([(40, 30)] * 8)
        for index, (importance, reference) in enumerate(HELD):
            tensors["importances"][index] = importance(tensors["importances"][index])
            tensors["references"][index] = reference(tensors["references"][index])
        self.assert_step(tensors, form)

    @FORMS
    def test_a_step_of_no_tensors_is_worth_nothing(self, form):
        assert self.adamw(self.tensors([]), form) == 0

    @FORMS
    @pytest.mark.parametrize("offset", [1, 3, 16])
    @pytest.mark.parametrize("narrow", [torch.float32, torch.bfloat16])
    def test_unaligned_views_are_taken_and_nothing_is_written_around_them(self, offset, form, narrow):
        tensors = self.tensors([(1000,), (3, 7), (1,), (0,)])
        views, storages = in_guarded_views({role: tensors[role] for role in WRITTEN}, offset)
        anchors, _ = in_guarded_views({role: tensors[role] for role in ("references", "importances")}, offset)
        for role, values in anchors.items():
            storage = [torch.zeros(value.numel() + offset, dtype=narrow, device=self.device) for value in values]
            anchors[role] = [
                each[offset:].view(value.shape).copy_(value) for each, value in zip(storage, values, strict=True)
            ]
        self.assert_step(tensors | views | anchors, form)
        for storage in storages:
            assert (storage[:offset] == 77).all() and (storage[-5:] == 77).all()

    @FORMS
    @pytest.mark.parametrize("betas", [(0.0, 0.0), (0.5, 0.9), (0.99, 0.95)])
    def test_any_settings(self, betas, form):
        settings = {"beta1": betas[0], "beta2": betas[1], "step": 7, "weight_decay": 0.0, "learning_rate": 3e-3}
        self.assert_step(self.tensors([(100,)]), form, **settings)

    @FORMS
    def test_a_strength_of_zero_is_plain_adamw(self, form):
        tensors = self.tensors([(300,)]) | {"strengths": [0.0]}
        self.assert_step(tensors, form)
        assert self.adamw(tensors, form) == 0

    @FORMS
    @pytest.mark.parametrize("bad", [float("nan"), INFINITY, -INFINITY, 1.0])
    @pytest.mark.parametrize("gate", [1, -7])
    def test_a_raised_gate_changes_nothing(self, gate, bad, form):
        tensors = self.tensors([(100,), (3, 3), (70_001,)])
        tensors["gradients"][0][13] = bad
        tensors["gradients"][2].fill_(bad)
        before = copy.deepcopy(tensors)
        assert self.adamw(tensors, form, gate=gate, clip=bad) == -1
        self.add_gradient(tensors, gate=gate)
        self.pull(tensors, 1.0, gate=gate)
        assert_same_bits({role: tensors[role] for role in WRITTEN}, {role: before[role] for role in WRITTEN})

    @pytest.mark.parametrize("held", HELD, ids=HELD_IDS)
    def test_the_gradient_is_autograds_and_its_norm_torchs(self, held):
        tensors = self.tensors(SHAPES["odd"] + [(70, 1001), (), (0, 3)], held)
        pairs = zip(tensors["gradients"], self.penalty_gradients(tensors), strict=True)
        expected = [gradient + added for gradient, added in pairs]
        norm = self.add_gradient(tensors)
        torch.testing.assert_close(tensors["gradients"], expected, rtol=1e-6, atol=1e-6)
        assert norm.dtype is torch.float32 and norm.dim() == 0
        assert norm.item() == pytest.approx(torch.nn.utils.get_total_norm(expected).item(), rel=1e-5)

    @pytest.mark.parametrize("bad", [float("nan"), INFINITY, -INFINITY])
    def test_one_gradient_that_is_not_finite_shows_in_the_norm(self, bad):
        tensors = self.tensors([(100,), (70_001,)])
        tensors["gradients"][1][70_000] = bad
        assert not torch.isfinite(self.add_gradient(tensors))

    def test_a_norm_whose_square_is_beyond_fp32_is_still_a_norm(self):
        tensors = self.tensors([(4,)])
        tensors["gradients"][0].fill_(1e25)
        assert self.add_gradient(tensors).item() == pytest.approx(2e25)

    @pytest.mark.parametrize("held", HELD, ids=HELD_IDS)
    def test_the_proximal_step_is_the_minimum_that_defines_it(self, held):
        tensors = self.tensors(SHAPES["odd"] + [(70, 1001), (), (0, 3)], held)
        expected = self.pulled(tensors, tensors["parameters"], 0.3)
        self.pull(tensors, 0.3)
        torch.testing.assert_close(tensors["parameters"], expected, rtol=1e-6, atol=1e-6)

    def test_a_proximal_step_is_exact_at_both_ends(self):
        tensors = self.tensors([(50,), (50,)]) | {"strengths": [0.0, INFINITY]}
        tensors["importances"][1] = torch.ones(50, device=self.device)
        tensors["importances"][1][7] = 0
        before = copy.deepcopy(tensors["parameters"])
        self.pull(tensors, 1.0)
        assert torch.equal(tensors["parameters"][0], before[0])
        before[1][7:8], kept = tensors["references"][1][7:8], before[1][7].clone()
        assert tensors["parameters"][1][7] == kept
        tensors["parameters"][1][7] = tensors["references"][1][7]
        assert torch.equal(tensors["parameters"][1], tensors["references"][1])

    @FORMS
    @pytest.mark.parametrize("threads", [2, 3, 5])
    def test_any_number_of_threads_gives_the_same_bits(self, threads, form):
        shapes = [(300_007,), (5,), (262_144,), (0,), (600, 1001)]  # blocks of a thread hold 262,144
        alone, together = (self.tensors(shapes, HELD[5]) for _ in range(2))
        sums, usual = [], torch.get_num_threads()
        try:
            for count, tensors in ((1, alone), (threads, together)):
                torch.set_num_threads(count)
                sums.append((self.adamw(tensors, form).item(), self.add_gradient(tensors).item()))
                self.pull(tensors, 0.1)
        finally:
            torch.set_num_threads(usual)
        assert_same_bits({role: alone[role] for role in WRITTEN}, {role: together[role] for role in WRITTEN})
        if self.implementation is not reference:  # torch's own sums hang on the threads.
            assert sums[0] == sums[1]

    @FORMS
    def test_backward_through_a_graph_from_before_the_step_is_refused(self, form):
        tensors = self.tensors([(4,)])
        tensors["parameters"] = [torch.nn.Parameter(tensors["parameters"][0])]
        loss = tensors["parameters"][0].square().sum()
        self.adamw(tensors, form)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


class TestReference(PenaltyContract):
    implementation = reference


@pytest.mark.skipif(not native.is_enabled(), reason=native.reason())
class TestNative(PenaltyContract):
    implementation = native


@needs_cuda
@pytest.mark.cuda
class TestReferenceOnCuda(PenaltyContract):
    implementation = reference
    device = "cuda"


@needs_cuda
@pytest.mark.cuda
class TestCuda(PenaltyContract):
    implementation = cuda
    device = "cuda"

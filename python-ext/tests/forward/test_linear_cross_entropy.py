"""Chunks against torch's own projection and cross entropy over all logits, and autograd through them."""

import pytest
import torch
from torch.nn import functional

from ballast.forward.linear_cross_entropy import linear_cross_entropy
from ballast.training.live_bytes import LiveBytes

ROWS, HIDDEN, VOCABULARY = 23, 8, 50


def inputs(dtype=torch.float32, bias=True):
    torch.manual_seed(3)
    hidden = torch.randn(ROWS, HIDDEN).to(dtype).requires_grad_()
    weight = torch.randn(VOCABULARY, HIDDEN, requires_grad=True)
    offsets = torch.randn(VOCABULARY, requires_grad=True) if bias else None
    return hidden, weight, offsets, torch.randint(VOCABULARY, (ROWS,))


def whole(hidden, weight, bias, targets):
    """In the arithmetic of a model under autocast."""
    with torch.autocast("cpu", torch.bfloat16, enabled=hidden.dtype is torch.bfloat16):
        logits = functional.linear(hidden, weight, bias)
    return functional.cross_entropy(logits.float(), targets, reduction="sum")


def with_gradients(loss_of, arguments):
    loss = loss_of(*arguments)
    leaves = [each for each in arguments[:3] if each is not None and each.requires_grad]
    return loss.detach(), *torch.autograd.grad(loss / 7, leaves)


@pytest.mark.parametrize("rows", [1, 5, 23, 100, None])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
def test_loss_and_gradients_equal_torchs(bias, rows):
    ours = with_gradients(lambda *given: linear_cross_entropy(*given, rows), inputs(bias=bias))
    theirs = with_gradients(whole, inputs(bias=bias))
    torch.testing.assert_close(ours, theirs)


def test_float64_stays_float64():
    hidden, weight, bias, targets = inputs(torch.float64)
    doubles = [each.detach().double().requires_grad_() for each in (hidden, weight, bias)]
    expected = functional.cross_entropy(functional.linear(*doubles), targets, reduction="sum")
    loss = linear_cross_entropy(*doubles, targets, 6)
    gradients = [torch.autograd.grad(each, doubles) for each in (loss, expected)]
    torch.testing.assert_close((loss, *gradients[0]), (expected, *gradients[1]), rtol=1e-12, atol=1e-12)


def test_bfloat16_loss_is_exact_and_gradients_of_parameters_are_float32():
    ours = with_gradients(lambda *given: linear_cross_entropy(*given, 5), inputs(torch.bfloat16))
    theirs = with_gradients(whole, inputs(torch.bfloat16))
    torch.testing.assert_close(ours[0], theirs[0])
    assert [each.dtype for each in ours] == [torch.float32, torch.bfloat16, torch.float32, torch.float32]
    for our, their in zip(ours[1:], theirs[1:], strict=True):
        assert (our - their).norm() < 0.01 * their.norm()


def test_a_frozen_head_has_no_gradient_and_its_input_has():
    hidden, weight, bias, targets = inputs()
    expected = with_gradients(whole, (hidden, weight, bias, targets))[1]
    frozen = (hidden, weight.detach(), bias.detach(), targets)
    _, of_hidden = with_gradients(lambda *given: linear_cross_entropy(*given, 6), frozen)
    torch.testing.assert_close(of_hidden, expected)


def test_huge_logits_stay_finite_and_nan_reaches_the_loss():
    hidden, weight, bias, targets = inputs()
    huge = (hidden.detach() * 1e4).requires_grad_()
    results = with_gradients(linear_cross_entropy, (huge, weight, bias, targets))
    assert all(torch.isfinite(each).all() for each in results)
    hidden.data[4, 0] = float("nan")
    assert linear_cross_entropy(hidden, weight, bias, targets, 6).isnan()


def test_no_more_than_a_chunk_of_logits_lives():
    torch.manual_seed(3)
    hidden = torch.randn(512, HIDDEN, requires_grad=True)
    weight, targets = torch.randn(1000, HIDDEN), torch.randint(1000, (512,))
    peaks = []
    for loss_of in (whole, lambda *given: linear_cross_entropy(*given, 32)):
        with LiveBytes() as live:
            loss_of(hidden, weight, None, targets).backward()
        peaks.append(live.peak)
    logits = 4 * 512 * 1000
    assert peaks[0] > 2 * logits
    assert peaks[1] < logits / 4


def test_a_second_backward_pass_is_refused():
    loss = linear_cross_entropy(*inputs())
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_no_target_is_no_loss():
    hidden, weight, bias, targets = inputs()
    empty = (hidden[:0].detach().requires_grad_(), weight, bias, targets[:0])
    loss, *gradients = with_gradients(linear_cross_entropy, empty)
    assert loss == 0
    assert all((each == 0).all() for each in gradients)

"""Cross entropy of a linear projection to a large vocabulary, of which only a chunk of logits ever exists."""

import torch
from torch import Tensor

# Rows of logits at once. As many numbers as the hidden size allows are no more than the head's own gradient. On the CPU
# 128 to 512 rows take equally long, 64 a third longer; a GPU wants more work in each product.
ROWS = {"cpu": 256, "cuda": 2048}


def linear_cross_entropy(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, rows: int | None = None
) -> Tensor:
    """Σ_s −log softmax(W h_s + b)[y_s], as `cross_entropy(linear(hidden, weight, bias).float(), targets)` has it.

    Loss and gradients come from the same pass over the chunks; backward only scales them, once.

    torch 2.15 has a `linear_cross_entropy` in chunks, as fast in fp32; its loss of bfloat16 inputs is rounded to bfloat16,
    and on a CPU that multiplies bfloat16 it takes longer than the whole logits do (docs/log.md).

    Args:
        hidden: [S, d], in the dtype that products are computed in
        weight: [V, d], fp32 or the dtype of `hidden`; where it is frozen its gradient is not computed, else that is
            added up in fp32
        bias: [V] or None
        targets: [S] int64
        rows: of a chunk; None: as the device wants them

    Returns:
        0-dim, in nats; fp32 where `hidden` has fewer bits.
    """
    return _LinearCrossEntropy.apply(hidden, weight, bias, targets, rows or ROWS.get(hidden.device.type, 256))


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, hidden, weight, bias, targets, rows):
        exact = torch.promote_types(hidden.dtype, torch.float32)
        of_hidden, of_weight, of_bias = (
            torch.zeros_like(each, dtype=dtype, requires_grad=False) if needed else None
            for each, dtype, needed in zip(
                (hidden, weight, bias), (hidden.dtype, exact, exact), ctx.needs_input_grad[:3], strict=True
            )
        )
        matrix = weight.to(hidden.dtype)
        rounded = hidden.new_empty(min(rows, len(hidden)), len(weight))
        # One buffer serves as logits, probabilities and their gradient.
        wide = rounded if exact == hidden.dtype else torch.empty_like(rounded, dtype=exact)
        loss = torch.zeros((), dtype=exact, device=hidden.device)
        for begin in range(0, len(hidden), rows):
            part = slice(begin, begin + rows)
            inputs, chosen = hidden[part], targets[part, None]
            product, scores = rounded[: len(inputs)], wide[: len(inputs)]
            if bias is None:
                torch.mm(inputs, matrix.T, out=product)
            else:  # Rounded once, as in `linear`.
                torch.addmm(bias.to(product.dtype), inputs, matrix.T, out=product)
            _copy(scores, product)
            loss += _to_gradient(scores, chosen)
            if of_bias is not None:
                of_bias += scores.sum(0)
            _copy(product, scores)
            if of_hidden is not None:
                torch.mm(product, matrix, out=of_hidden[part])
            if of_weight is not None:
                _add_product(of_weight, product.T, inputs)
        of_weight, of_bias = (
            None if each is None else each.to(parameter.dtype)
            for each, parameter in ((of_weight, weight), (of_bias, bias))
        )
        ctx.save_for_backward(of_hidden, of_weight, of_bias)
        return loss

    @staticmethod
    def backward(ctx, scale):
        # In place: a second backward pass is refused by autograd, which sees that what it saved has changed.
        scaled = (None if each is None else each.mul_(scale) for each in ctx.saved_tensors)
        return *scaled, None, None


def _to_gradient(logits: Tensor, targets: Tensor) -> Tensor:
    """Turns logits [rows, V] into the gradient of Σ_s −log softmax(logits_s)[y_s], which it returns.

    Args:
        targets: y, [rows, 1]
    """
    logits.sub_(logits.amax(1, keepdim=True))
    of_targets = logits.gather(1, targets)
    totals = logits.exp_().sum(1, keepdim=True)
    logits.div_(totals).scatter_(1, targets, of_targets.exp() / totals - 1)
    return (totals.log() - of_targets).sum()


def _copy(target: Tensor, source: Tensor) -> None:
    if target.dtype != source.dtype:  # Else they are the same buffer.
        target.copy_(source)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left @ right, whose chunks are added up in the dtype of `total`."""
    if total.dtype == left.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right

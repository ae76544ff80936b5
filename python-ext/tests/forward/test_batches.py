from dataclasses import replace

import numpy
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from ballast.errors import InvalidInputError
from ballast.forward import batches

CPU = torch.device("cpu")


def test_a_slot_is_read_in_place(slot_of):
    slot, rows, length, packed, _ = slot_of([[[3, 4, 5]], [[6, 7]]])
    batch = batches.read_slot(slot, rows, length, packed, 10, CPU)
    assert batch.ids.data_ptr() == slot.ctypes.data
    assert batch.segments.data_ptr() == slot.ctypes.data + 3 * rows * length * 8
    slot[0] = 9
    assert batch.ids[0, 0] == 9


def test_planes_mean_what_java_wrote(slot_of):
    slot, rows, length, packed, targets = slot_of([[[3, 4, 5], [6, 7]], [[8, 9]]])
    batch = batches.read_slot(slot, rows, length, packed, 10, CPU)
    assert batch.packed and targets == 4
    assert batch.ids.tolist() == [[3, 4, 5, 6, 7], [8, 9, 0, 0, 0]]
    assert batch.scored.tolist() == [0, 1, 3, 5]
    assert batch.targets.tolist() == [4, 5, 7, 9]
    assert batch.positions[0].tolist() == [0, 1, 2, 0, 1]
    assert batch.segments.tolist() == [[1, 1, 1, 2, 2], [1, 1, 0, 0, 0]]


def test_tokens_of_text_and_targets_are_marked_and_padding_is_not(slot_of):
    slot, rows, length, packed, _ = slot_of([[[3, 4, 5], [6, 3]], [[8, 9]]])
    seen = torch.zeros(12, dtype=torch.bool)
    seen[1] = True
    batches.read_slot(slot, rows, length, packed, 12, CPU).mark_tokens(seen)
    assert seen.nonzero().flatten().tolist() == [1, 3, 4, 5, 6, 8, 9]


def test_marking_tokens_needs_no_look_at_the_device(slot_of):
    slot, rows, length, packed, _ = slot_of([[[3, 4, 5]], [[8, 9]]])
    batch = batches.read_slot(slot, rows, length, packed, 12, CPU)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:  # Whose tensors have nothing to be looked at.
        without_data = {name: mode.from_tensor(getattr(batch, name)) for name in ("ids", "segments", "targets")}
        replace(batch, **without_data).mark_tokens(torch.zeros(12, dtype=torch.bool))


def test_a_larger_slot_serves_a_smaller_batch(slot_of):
    slot, rows, length, packed, _ = slot_of([[[3, 4, 5]]])
    larger = numpy.concatenate([slot, numpy.full(20, 10**6)])
    assert batches.read_slot(larger, rows, length, packed, 10, CPU).ids.tolist() == [[3, 4, 5]]


def test_mask_is_block_diagonal_and_causal(slot_of):
    from transformers import LlamaConfig

    slot, rows, length, packed, _ = slot_of([[[3, 4], [6, 7]], [[8]]])
    batch = batches.read_slot(slot, rows, length, packed, 10, CPU)
    mask = batches.packed_mask(LlamaConfig(), batch, additive=False)
    assert mask.shape == (2, 1, 4, 4)
    assert mask[0, 0].int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    assert mask.any(-1).all(), "padding looks at something too"


@pytest.mark.parametrize(
    ("slot", "rows", "message"),
    [
        (numpy.zeros(11, numpy.int64), 1, "1 rows of 3 need 12 numbers, the slot has 11"),
        (numpy.zeros(12, numpy.int64), 0, "0 rows of 3"),
        (numpy.zeros(12, ">i8"), 1, "expected int64 in native byte order, found >i8"),
        (numpy.zeros(12, numpy.int32), 1, "expected int64 in native byte order, found int32"),
    ],
)
def test_a_slot_of_the_wrong_kind_is_refused(slot, rows, message):
    with pytest.raises(InvalidInputError, match=message):
        batches.read_slot(slot, rows, 3, False, 10, CPU)


@pytest.mark.parametrize("plane, what", [(0, "id"), (1, "target")])
@pytest.mark.parametrize("wrong", [10, -1, 2**40])
def test_an_id_outside_the_vocabulary_is_refused_with_its_place(slot_of, plane, what, wrong):
    slot, rows, length, packed, _ = slot_of([[[3, 4, 5]], [[6, 7]]])
    slot.reshape(4, rows, length)[plane, 1, 0] = wrong
    with pytest.raises(
        InvalidInputError, match=f"{what} {wrong} at row 1, position 0 is not in the model's vocabulary of 10"
    ):
        batches.read_slot(slot, rows, length, packed, 10, CPU)


def test_a_slot_for_scoring_is_read_in_place_and_a_position_once(scoring_slot_of):
    slot_parts = scoring_slot_of([([3, 4], [[5, 6], [7]]), ([8], [[9]])])
    batch = batches.read_scoring_slot(*slot_parts, 10, CPU)
    tokens = batch.tokens
    assert tokens.ids.data_ptr() == slot_parts[0].ctypes.data
    assert tokens.ids.tolist() == [[3, 4, 5], [8, 0, 0]]
    assert tokens.positions.tolist() == [[0, 1, 2], [0, 0, 0]]
    assert tokens.segments.tolist() == [[1, 1, 2], [1, 0, 0]]
    assert tokens.targets.tolist() == [5, 6, 7, 9]
    assert tokens.scored.tolist() == [1, 2, 3]
    assert batch.places.tolist() == [0, 1, 0, 2]


def test_a_branch_sees_its_context_and_itself_and_all_see_the_past(scoring_slot_of):
    from transformers import LlamaConfig

    batch = batches.read_scoring_slot(*scoring_slot_of([([3, 4], [[5, 6], [7, 8, 9]])], prefix=1), 10, CPU)
    mask = batches.packed_mask(LlamaConfig(), batch.tokens, additive=False, past=1)
    assert mask[0, 0].int().tolist() == [[1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 0, 1, 0], [1, 1, 0, 1, 1]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((0, 10), "id 10 at row 0, position 0 is not in the model's vocabulary of 10"),
        ((-1, 11), "target 11 at row 0, position 3 is not in the model's vocabulary of 10"),
        ((-5, 6), "a target stands outside of its 2 rows of 3"),
        ((-5, -1), "a target stands outside of its 2 rows of 3"),
    ],
)
def test_a_slot_for_scoring_that_is_wrong_is_refused(scoring_slot_of, change, message):
    slot_parts = scoring_slot_of([([3, 4], [[5, 6], [7]]), ([8], [[9]])])
    slot_parts[0][change[0]] = change[1]
    with pytest.raises(InvalidInputError, match=message):
        batches.read_scoring_slot(*slot_parts, 10, CPU)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_batch_goes_to_a_gpu_beside_what_is_queued_there_and_its_slot_may_be_refilled(slot_of):
    device = torch.device("cuda", 0)
    slot, *shape = slot_of([[[3, 4, 5], [6, 7]], [[8, 9]]])[:4]
    expected = batches.read_slot(slot.copy(), *shape, 10, CPU)
    batches.read_slot(slot, *shape, 10, device)  # Makes the pinned blocks.
    torch.cuda.synchronize()
    torch.cuda._sleep(1_000_000_000)
    torch.cuda.set_sync_debug_mode("error")
    try:
        batch = batches.read_slot(slot, *shape, 10, device)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    slot[:] = 1
    batches._copying(device).synchronize()
    assert not torch.cuda.current_stream().query(), "the copies are done before what was queued earlier is"
    for name in ("ids", "positions", "segments", "scored", "targets"):
        assert torch.equal(getattr(batch, name).cpu(), getattr(expected, name)), name

import gc

import torch
from ballast.live_bytes import LiveBytes


def test_what_lives_is_counted_once_until_it_is_freed():
    with LiveBytes() as live:
        first = torch.zeros(1000)
        assert live.now == 4000
        view = first.view(10, 100)[2:]
        assert live.now == 4000
        second = first + 1
        assert live.now == 8000
        del first
        gc.collect()
        assert live.now == 8000, "a view keeps it"
        del view, second
        gc.collect()
    assert (live.now, live.peak) == (0, 8000)


def test_what_was_there_before_is_counted_when_it_is_added():
    before = torch.zeros(25)
    with LiveBytes() as live:
        live.add(before)
        live.add(before.view(5, 5))
        assert live.now == 100

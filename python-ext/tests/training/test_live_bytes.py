import gc

import torch

from ballast.training.live_bytes import LiveBytes


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


def test_the_peak_is_told_by_what_its_tensors_were_made_for():
    with LiveBytes("else") as live:
        with live.making("kept"):
            kept = torch.zeros(10)
        passing = kept + 1
        live.turn(passing, "told later")
        del passing
        gc.collect()
        assert live.peak_by_kind == {"kept": 40, "else": 0, "told later": 40}
        both = torch.zeros(20)
        assert live.peak_by_kind == {"kept": 40, "told later": 0, "else": 80} and len(both) == 20

import json
import time

import pytest

from benchmarks import measurement
from benchmarks.measurement import HIGHER, Measurement, in_turn, seconds


def test_the_ratio_is_of_medians_and_reached_on_the_better_side_of_the_goal():
    lower = Measurement.compared("step", [3.0, 1.0, 2.0], [4.0, 4.0, 40.0], "s", 0.5)
    assert (lower.ours, lower.theirs, lower.ratio, lower.reached, lower.runs) == (2.0, 4.0, 0.5, True, 3)
    assert Measurement.compared("step", [2.1], [4.0], "s", 0.5).reached is False
    assert Measurement.compared("pace", [2.1], [4.0], "rows/s", 0.5, HIGHER).reached is True
    assert Measurement.compared("whole", [2.1], [4.0], "s", None).reached is None


def test_a_pace_is_higher_where_the_same_work_took_less_time():
    pace = Measurement.paced("scored", 8, [2.0, 1.0, 40.0], [8.0, 8.0, 80.0], "rows/s", 3.0)
    assert (pace.ours, pace.theirs, pace.ratio, pace.better, pace.reached) == (4.0, 1.0, 4.0, HIGHER, True)
    assert pace.runs == 3


def test_seconds_are_those_of_the_run():
    assert 0.02 <= seconds(lambda: time.sleep(0.02))() < 2


def test_a_limit_has_no_other_side():
    call = Measurement.limited("call", [2.0, 4.0], 5.0, "µs")
    assert (call.ours, call.theirs, call.ratio, call.goal, call.reached) == (3.0, None, 0.6, 1.0, True)


def test_every_second_round_goes_backwards():
    order = []

    def run(name):
        order.append(name)
        return float(len(order))

    assert in_turn(3, lambda: run("a"), lambda: run("b")) == [[1.0, 4.0, 5.0], [2.0, 3.0, 6.0]]
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_json_has_all_fields_and_the_table_says_what_was_reached(capsys):
    rows = [Measurement.compared("step", [3.0], [2.0], "s", 1.35), Measurement.limited("call", [2.0], 5.0, "µs")]
    measurement.answer(rows, True)
    first, second = json.loads(capsys.readouterr().out)
    assert list(first) == ["name", "ours", "theirs", "unit", "ratio", "goal", "better", "reached", "runs"]
    assert second["theirs"] is None
    measurement.answer(rows, False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:] == [
        "| step | 3 | 2 | s | 1.5 | ≤ 1.35 | not reached |",
        "| call | 2 |  | µs | 0.4 | ≤ 1 | reached |",
    ]


@pytest.mark.parametrize("pairs", ["0", "-1"])
def test_no_pair_is_refused(pairs, capsys):
    with pytest.raises(SystemExit) as ended:
        measurement.arguments("A benchmark.", 9).parse_args(["--pairs", pairs])
    assert ended.value.code == 2
    assert "expected a whole number of 1 or more" in capsys.readouterr().err

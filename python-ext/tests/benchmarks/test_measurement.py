import json
import time

import pytest

from benchmarks import importance, measurement, memory, roofline, scale, step, storage, train
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


@pytest.mark.parametrize(
    "benchmark, option, given, expected",
    [
        (step, "--pairs", "0", "a whole number of 1 or more, found 0"),
        (step, "--threads", "2.5", "a whole number of 1 or more, found 2.5"),
        (step, "--parameters", "50e6,abc", "a whole number of 1 or more, found abc"),
        (step, "--parameters", "1000", "12,288 or more, 1,024 for each of 12 tensors, found 1,000"),
        (step, "--tensors", "0", "a whole number of 1 or more, found 0"),
        (roofline, "--parameters", "inf", "a whole number of 1 or more, found inf"),
        (storage, "--share", "0", "a number above 0 and up to 1, found 0"),
        (storage, "--share", "x", "a number above 0 and up to 1, found x"),
        *((each, "--length", "1", "a whole number of 2 or more, found 1") for each in (train, importance, memory)),
        (train, "--rows", "-1", "a whole number of 1 or more, found -1"),
        (scale, "--ranks", "1,0", "a whole number of 1 or more, found 0"),
    ],
)
def test_a_wrong_argument_is_refused_with_what_was_expected(benchmark, option, given, expected, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmark", option, given])
    with pytest.raises(SystemExit) as ended:
        benchmark.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"argument {option}: expected {expected}")


def test_a_number_may_be_written_with_an_exponent():
    assert measurement.numbers("50e6,250000000") == [50_000_000, 250_000_000]


def test_what_cannot_be_measured_is_absent_and_named(capsys):
    def fails():
        raise RuntimeError("no compiler\nat all")

    row = Measurement.limited("call", [2.0], 5.0, "µs")
    assert list(measurement.attempted("step", fails)) == []
    assert list(measurement.attempted("call", lambda: row)) == [row]
    assert capsys.readouterr().err == "step is not measured: no compiler\n"

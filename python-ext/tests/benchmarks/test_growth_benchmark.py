import pytest

from benchmarks import growth
from benchmarks.memory_phase import Cost, cost


def test_the_exponent_is_that_of_the_power_between_first_and_last_point():
    line = [(value, ([3.0 * value**1.5], [1.0])) for value in (10, 20, 40)]
    row = growth.exponent("growth/x", line)
    assert row.ours == pytest.approx(1.5)
    assert not row.reached


def test_a_point_has_both_sides_and_rows_are_named_by_axis_value_and_unit():
    both = (Cost(2_000_000, [9.0, 4.0, 6.0]), Cost(1_000_000, [9.0, 2.0, 2.0]))
    rows = {row.name: row for row in growth.rows_of("context", "tiny", [(8, both), (16, both)])}
    assert list(rows) == [
        "growth/context=8, tiny: s", "growth/context=16, tiny: s", "growth/context, tiny: exponent of s",
        "growth/context=8, tiny: MB", "growth/context=16, tiny: MB", "growth/context, tiny: exponent of MB",
    ]  # fmt: skip
    assert rows["growth/context=8, tiny: s"].ratio == 2.5  # The first step of a phase is left out.
    assert rows["growth/context=16, tiny: MB"].ratio == 2
    assert rows["growth/context, tiny: exponent of s"].ours == 0


def test_longer_rows_are_measured_on_a_model_that_reads_them(monkeypatch):
    monkeypatch.setattr(growth, "shape_of_15m", small)
    rows = list(growth.context(2, (8, 64), cost))
    assert len(rows) == 6


def test_each_domain_is_held_by_those_before_it(monkeypatch):
    monkeypatch.setattr(growth, "shape_of_15m", small)
    rows = list(growth.domains(2, 8, 2, count=4))
    assert [row.name for row in rows if row.name.endswith(": s")] == [f"growth/domains={n}, 15M: s" for n in (2, 3, 4)]


def small(context: int = 16):
    return growth.LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=context,
    )  # fmt: skip

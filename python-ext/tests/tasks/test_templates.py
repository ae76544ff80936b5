import pytest
from template_escapes import BY_AN_OPERATOR, FILLING_THE_MEMORY, REACHING_OUT

from ballast.errors import InvalidInputError
from ballast.tasks.templates import render, render_value


@pytest.mark.parametrize("template", REACHING_OUT + FILLING_THE_MEMORY + BY_AN_OPERATOR)
def test_a_template_that_reaches_out_or_fills_the_memory_is_refused_with_one_message(template):
    with pytest.raises(InvalidInputError, match="the template .* cannot be filled: ") as refused:
        render(template, {"q": "why"})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("template", "text"),
    [("{{ 'ab' * 3 }}", "ababab"), ("{{ 3 * 4 }}{{ 2 ** 10 }}", "121024"), ("{{ 1.5 * 2 }}", "3.0"), ("{{ 2 ** -1 }}", "0.5")],
)
def test_sums_of_usual_size_are_done(template, text):
    assert render(template, {}) == text


@pytest.mark.parametrize("text", ["[" * 10_000, "9" * 10_000, "__import__('os')", "(lambda: 0)()", "{'a': [1}"])
def test_what_is_read_as_a_list_is_no_code(text):
    with pytest.raises(InvalidInputError, match="was to give a list"):
        render_value("{{ q }}", {"q": text})

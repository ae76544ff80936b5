import pytest

from licences import HEAD, faults, is_permitted, licences, page


@pytest.mark.parametrize("expression", ["MIT", "Apache-2.0 AND MIT", "GPL-3.0-only OR MIT", "Apache-2.0 WITH LLVM-exception"])
def test_an_expression_is_permitted_where_one_choice_is(expression):
    assert is_permitted(expression)


@pytest.mark.parametrize(
    "expression", ["GPL-3.0-only", "MIT AND GPL-2.0-only", "AGPL-3.0 OR SSPL-1.0", "", "MIT WITH own-exception", "Commons"]
)
def test_strong_copyleft_and_what_is_unknown_is_not(expression):
    assert not is_permitted(expression)


def component(name: str, *named: str) -> dict:
    return {"name": name, "licenses": [{"license": {"name": each}} for each in named]}


def test_a_package_without_a_permitted_licence_is_named():
    classifier = "License :: OSI Approved :: Apache Software License"
    found = [component("good", classifier), component("bad", "GPL-3.0-only"), component("none", "declared license of 'none'")]
    assert faults(found) == ["bad: GPL-3.0-only", "none: no licence"]
    assert licences(found[0]) == ["Apache-2.0"]


def test_the_page_has_a_line_for_each_package():
    java = component("gson", "Apache-2.0") | {"group": "com.google.code.gson"}
    made = page([java], [component("numpy", "BSD-3-Clause", "MIT")])
    assert made.startswith(HEAD)
    assert "| com.google.code.gson:gson | Apache-2.0 |" in made and "| numpy | BSD-3-Clause or MIT |" in made

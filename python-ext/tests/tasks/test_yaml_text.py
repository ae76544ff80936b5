import pytest
import yaml

from ballast.errors import InvalidInputError
from ballast.tasks import read_task_file, yaml_text
from ballast.tasks.directory import content_of

LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]\n" for i in range(40))
MERGES = "a0: &a0 {x: 1, y: 2}\n" + "".join(f"a{i + 1}: &a{i + 1} {{<<: [*a{i}, *a{i}]}}\n" for i in range(40))
DEEP_ALIASES = "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(120))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "aliases that stand for more than 100,000 values at line 15"),
        (MERGES, "aliases that stand for more than 100,000 values"),
        (DEEP_ALIASES, "nested deeper than 100"),
        ("a: " + "[" * 100_000, "nested deeper than 100"),  # Composing these in C ends the process.
        ("- " * 100_000, "nested deeper than 100"),
        ("a: &a [*a]", r"the alias \*a inside its own anchor at line 1 column 8"),
        ("a: *none", "undefined alias"),
        ("a: !!python/object/apply:os.system [id]", "the tag 'tag:yaml.org,2002:python/object/apply:os.system'"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
        ("a: !own x", "could not determine a constructor for the tag '!own'"),
    ],
)
def test_yaml_has_no_types_and_cannot_grow(text, said, tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text(text)
    for read in (read_task_file, content_of):
        with pytest.raises(InvalidInputError, match=f"expected YAML.* in the task file .*, found .*{said}"):
            read(path)


def test_aliases_of_usual_use_are_read():
    text = "base: &base {x: 1, y: [1, 2]}\nmine: {<<: *base, x: 2}\nagain: *base\n"
    base = {"x": 1, "y": [1, 2]}
    assert yaml_text.load(text, yaml.SafeLoader) == {"base": base, "mine": base | {"x": 2}, "again": base}


def test_a_message_does_not_quote_the_file(tmp_path):
    """What `include` leads to may be anybody's."""
    (tmp_path / "secret").write_text("token: hf_secret: [\n")
    (tmp_path / "task.yaml").write_text("include: secret\n")
    for read in (read_task_file, content_of):
        with pytest.raises(InvalidInputError) as refused:
            read(tmp_path / "task.yaml")
        assert "hf_secret" not in str(refused.value)


@pytest.mark.parametrize("included", ["3", "[1]", "{a: b}", '"\\0"', "true"])
def test_an_include_that_names_no_file_is_refused(included, tmp_path):
    (tmp_path / "task.yaml").write_text(f"include: {included}\n")
    for read in (read_task_file, content_of):
        with pytest.raises(InvalidInputError, match="include: expected names of files"):
            read(tmp_path / "task.yaml")

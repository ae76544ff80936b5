import make_sums


def test_the_rows_of_sums_are_those_that_the_script_makes():
    made = make_sums.files()
    assert {each.name: each.read_text(encoding="utf-8") for each in make_sums.FOLDER.iterdir()} == made
    assert {name: content.count("\n") for name, content in made.items()} == {"train.jsonl": 8, "test.jsonl": 100}

import pytest

from ballast.tasks.config import config_of, generation_of, version_of


@pytest.mark.parametrize(
    ("content", "generation"),
    [
        ({}, {"temperature": 0.0, "do_sample": False, "max_gen_toks": 256, "until": ["\n\n"]}),
        ({"fewshot_delimiter": "\n"}, {"temperature": 0.0, "do_sample": False, "max_gen_toks": 256, "until": ["\n"]}),
        ({"generation_kwargs": {"temperature": 1}}, {"temperature": 1.0, "until": ["\n\n"]}),
        ({"generation_kwargs": {"until": "x", "top_p": 0.5}}, {"until": "x", "top_p": 0.5}),
        ({"output_type": "loglikelihood"}, None),
    ],
)
def test_generation_has_lm_evals_defaults(content, generation, lm_eval):
    assert generation_of(content) == generation
    assert lm_eval.ask("generation", config={"task": "t"} | content) == generation


def test_a_version_is_the_files_or_yaml():
    assert version_of({"metadata": {"version": 2.0}}) == 2.0
    assert version_of({"metadata": {}}) == version_of({}) == "Yaml"


def test_functions_stand_as_their_source_wherever_they_are():
    def target(row):
        return row["q"]

    metrics = [{"metric": target}, {"metric": max}]
    config = config_of({"task": "t", "doc_to_target": target, "metric_list": metrics}, None)
    assert config["doc_to_target"] == config["fewshot_config"]["doc_to_target"]
    assert 'return row["q"]' in config["doc_to_target"] and 'return row["q"]' in config["metric_list"][0]["metric"]
    assert config["metric_list"][1]["metric"] == str(max) and config["metadata"] == {"config_source": "inline"}

"""The golden files of each schema, which later versions must keep reading; Java's RunArtifactsTest reads the same."""

from pathlib import Path

import pytest

from ballast import InvalidInputError
from ballast.artifacts import AnchorDescription, Run

GOLDEN = Path(__file__).parents[3] / "orchestrator/src/test/resources/io/ballast/artifacts/schema-1"


@pytest.fixture
def golden() -> Run:
    return Run(GOLDEN)


def test_a_result_of_schema_1_is_read(golden):
    result = golden.result
    assert (result.status, len(result.scores)) == ("completed", 12)
    assert (result.scores[11].role, result.scores[11].value) == ("domain", 174.90048860824365)
    assert result.forgetting[0].ci95 == (-481.1432819305124, -471.7056195215459)
    assert result.learned[0].verdict == "better"
    assert result.importance.layers[2].name == "block.1"
    assert result.phases[1].steps == 4


def test_a_result_becomes_frames(golden):
    scores = golden.result.scores_frame()
    assert scores.query("stage == 'base' and task == 'quiz'")["metric"].tolist() == ["acc", "acc_norm"]
    assert golden.result.changes_frame()["role"].tolist() == ["general"] * 3 + ["domain"]
    assert golden.result.phases_frame()["name"].tolist() == ["general", "domain"]
    assert golden.result.layers_frame()["alpha"].sum() == pytest.approx(3, abs=0.5)
    assert golden.losses_frame().groupby("phase")["loss"].last()["domain"] == 5.356803894042969
    assert golden.samples_frame("quiz", "domain")["acc"].mean() == 0.5


def test_events_of_schema_1_are_read(golden):
    events = golden.events()
    assert (events[0].type, events[-1].type) == ("started", "finished")
    step = [event for event in events if event.type == "step"][-1]
    assert (step.step, step.fields["steps"], step.fields["loss"]) == (4, 4, 5.356803894042969)
    assert step.time.utcoffset().total_seconds() == 0


def test_samples_of_schema_1_are_read(golden):
    assert golden.stages() == ["base", "domain"]
    first = golden.samples("quiz", "base")[0]
    assert first.arguments["gen_args_0"]["arg_0"] == "Question: What dose of drug 0?\nAnswer:"
    assert len(first.filtered_resps) == 3 and first.values["acc"] == 0
    assert len(golden.samples("doses", "domain")[2].values["perplexity"]) == 2, "log-likelihood and tokens"


def test_an_anchors_description_of_schema_4_is_read(golden):
    anchor = golden.anchor()
    assert anchor.measured["sum_omega"] == 0.9185702609178215
    assert [layer["name"] for layer in anchor.layer_weights["layers"]] == ["embedding", "block.0", "block.1"]
    assert anchor.shapes["model.embed_tokens.weight"] == [320, 32]


def test_samples_that_are_not_there_are_named_with_those_that_are(golden):
    with pytest.raises(InvalidInputError, match="samples_quis_DATE.jsonl in .*, found .*samples_quiz_"):
        golden.samples("quis", "base")
    with pytest.raises(InvalidInputError, match="the stages are base, domain"):
        golden.samples("quiz", "end")


def test_half_a_line_at_the_end_is_passed_over_and_a_broken_line_before_it_is_not(golden, tmp_path):
    line = (GOLDEN / "events.jsonl").read_text().splitlines()[0]
    (tmp_path / "events.jsonl").write_text(line + "\n" + line[:40])
    assert len(Run(tmp_path).events()) == 1
    (tmp_path / "events.jsonl").write_text(line[:40] + "\n" + line)
    with pytest.raises(InvalidInputError, match=r"events.jsonl, line 1, found"):
        Run(tmp_path).events()


def test_another_schema_and_a_missing_file_are_refused(tmp_path):
    (tmp_path / "anchor.json").write_text('{"schema": 99}')
    with pytest.raises(InvalidInputError, match='"schema": 4 in .*, found 99'):
        AnchorDescription.read(tmp_path)
    with pytest.raises(InvalidInputError, match="result.json at .*, found none"):
        Run(tmp_path).result  # noqa: B018  (read when asked for)

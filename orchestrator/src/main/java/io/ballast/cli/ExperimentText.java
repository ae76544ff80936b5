package io.ballast.cli;

import io.ballast.config.AdapterConfig;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.ModelConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.PlainNumber;
import io.ballast.config.RetentionConfig;
import io.ballast.config.TaskConfig;
import io.ballast.config.Words;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/** An experiment in a dozen lines for people. */
final class ExperimentText {
    private final StringBuilder text = new StringBuilder();

    private ExperimentText() {
    }

    /**
     * Describes an experiment.
     *
     * @param experiment the experiment
     * @param model      what to say about the model's size
     * @param rows       what to say about a data entry's rows
     */
    static String of(ExperimentConfig experiment, String model, Function<DataConfig, String> rows) {
        ExperimentText text = new ExperimentText();
        text.line("experiment", experiment.name() + ", seed " + experiment.seed());
        text.model(experiment.model(), model);
        text.line("trains", adapter(experiment.adapter()));
        text.phase("general", experiment.general(), rows);
        experiment.domain().forEach(domain -> text.phase(domain.domainName(), domain, rows));
        text.line("retention", retention(experiment.retention()));
        if (experiment.domain().size() > 1) {
            text.line("carried on", carriedOn(experiment));
        }
        if (experiment.afterTraining() != null) {
            text.line("afterwards", Words.of(experiment.afterTraining().method()) + ", strength "
                    + PlainNumber.of(experiment.afterTraining().strength()));
        }
        text.evaluation(experiment.evaluation());
        text.line("output", experiment.output());
        return text.text.toString();
    }

    /** From one domain to the next. */
    private static String carriedOn(ExperimentConfig experiment) {
        ImportanceConfig importance = experiment.importance();
        String decay = importance.decay() == null ? "" : " " + PlainNumber.of(importance.decay());
        String adapter = experiment.adapter() == null ? "" : "; adapter: " + Words.of(experiment.adapter().carry());
        return "importance: " + Words.of(importance.carry()) + decay + adapter;
    }

    private void line(String name, String value) {
        text.append(String.format(Locale.ROOT, "%-12s%s%n", name, value));
    }

    private void model(ModelConfig model, String size) {
        line("model", model.path());
        line("", Stream.of(size, Words.of(model.dtype()), "device " + model.device(),
                model.gradientCheckpointing() ? "gradient checkpointing" : "",
                model.compile() ? "compiled" : "").filter(part -> !part.isEmpty())
                .reduce((a, b) -> a + ", " + b).orElse(""));
    }

    private static String adapter(AdapterConfig adapter) {
        if (adapter == null) {
            return "all parameters";
        }
        String size = adapter.rank() == null ? ", preserving " + PlainNumber.of(adapter.preserved())
                : ", rank " + adapter.rank() + ", alpha " + PlainNumber.of(adapter.alpha());
        return Words.of(adapter.kind()) + size
                + (adapter.targets() == null ? "" : ", on " + String.join(", ", adapter.targets()));
    }

    private void phase(String name, PhaseConfig phase, Function<DataConfig, String> rows) {
        if (phase == null) {
            line(name, "none");
            return;
        }
        line(name, (phase.steps() != null ? phase.steps() + " steps" : PlainNumber.of(phase.epochs()) + " epochs")
                + " of " + phase.batchSize() + (phase.gradientAccumulation() == 1 ? "" : " × " + phase.gradientAccumulation())
                + " rows, learning rate " + PlainNumber.of(phase.learningRate()) + " " + Words.of(phase.schedule()));
        phase.data().forEach(data -> line("", data.generate() != null ? data.generate().toString()
                : data.path() + rows.apply(data)));
        if (phase.replay() > 0) {
            line("", "replay: " + PlainNumber.of(100 * phase.replay()) + " % of the rows are general ones");
        }
    }

    private static String retention(RetentionConfig retention) {
        return retention.method().equals("none") ? "none" : retention.method()
                + (retention.lambda() == null ? "" : ", λ " + PlainNumber.of(retention.lambda()))
                + (retention.form() == null ? "" : " " + Words.of(retention.form())) + ", layer coefficients " + Words.of(retention.layerCoefficients())
                + (retention.options().isEmpty() ? "" : ", " + retention.options())
                + (retention.anchor() == null ? "" : ", anchor " + retention.anchor());
    }

    private void evaluation(EvaluationConfig evaluation) {
        line("evaluation", String.join(", ", evaluation.stages().stream().map(Words::of).toList()));
        line("", "general: " + names(evaluation.general()));
        line("", "domain: " + names(evaluation.domain()));
    }

    private static String names(List<TaskConfig> tasks) {
        return tasks.isEmpty() ? "nothing" : String.join(", ", tasks.stream().map(TaskConfig::name).toList());
    }
}

package io.ballast.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.ballast.Ballast;
import io.ballast.InvalidInputException;
import io.ballast.study.Study;
import io.ballast.study.StudyReport;
import io.ballast.study.StudyResults;
import io.ballast.study.StudyRunner;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast study}: methods × strengths × seeds × domains, and the comparison of what they learn and keep. */
final class StudyCommand implements Command {
    private static final String PLAN = "plan";
    private static final String REPORT = "report";

    @Override
    public String name() {
        return "study";
    }

    @Override
    public String argument() {
        return "STUDY";
    }

    @Override
    public String summary() {
        return "Run methods × strengths × seeds, compare them at equal learning, and go on where it stopped.";
    }

    @Override
    public Options options() {
        return new Options().addOption(null, PLAN, false, "Say which runs are made and which are missing; run nothing."
                        + " One that found no memory is missing; one that diverged is made: it would again.")
                .addOption(null, REPORT, false, "Compare what there is; run nothing.");
    }

    @Override
    public int run(CommandLine line, Output output) {
        Study study = Study.read(ExperimentArgument.path(line.getArgList().get(0)));
        if (line.hasOption(PLAN)) {
            List<Planned> planned = planned(study);
            output.answer(() -> document(planned), () -> text(planned));
            return 0;
        }
        if (line.hasOption(REPORT)) {
            report(study, StudyRunner.existing(study), output);
            return 0;
        }
        try (Interruption interruption = new Interruption(output); Ballast ballast = Ballast.open()) {
            StudyResults results = new StudyRunner(ballast, study).run(new Progress(output),
                    begun -> output.note("\n" + begun), run -> interruption.stopsBy(run::cancel));
            report(study, results, output);
        }
        return 0;
    }

    private static void report(Study study, StudyResults results, Output output) {
        if (results.rows().isEmpty()) {
            throw new InvalidInputException("expected runs of the study in " + study.config().output() + ", found none."
                    + " Run it first, without --" + REPORT + ".");
        }
        Path report = StudyReport.write(study.config(), results, Path.of(study.config().output()));
        output.answer(results::toJson, () -> report + "\n" + StudyText.of(study.config(), results));
    }

    private record Planned(String run, boolean done) {
    }

    private static List<Planned> planned(Study study) {
        StudyResults existing = StudyRunner.existing(study);
        return study.runs().stream().map(run -> new Planned(run.toString(), existing.row(run).isPresent())).toList();
    }

    private static String document(List<Planned> planned) {
        JsonObject document = new JsonObject();
        document.add("runs", new Gson().toJsonTree(planned));
        return Documents.of(document);
    }

    private static String text(List<Planned> planned) {
        StringBuilder text = new StringBuilder();
        planned.forEach(run -> text.append(run.done() ? "done     " : "missing  ").append(run.run()).append('\n'));
        return text.append(planned.stream().filter(Planned::done).count()).append(" of ").append(planned.size())
                .append(" runs are made.\n").toString();
    }
}

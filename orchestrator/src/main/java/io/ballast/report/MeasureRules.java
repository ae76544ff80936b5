package io.ballast.report;

import java.util.List;
import java.util.Optional;

/** What to measure, so that the next decision rests on numbers. */
final class MeasureRules {
    private MeasureRules() {
    }

    static Optional<Suggestion> generalTasks(Evidence evidence) {
        if (evidence.measuredKept()) {
            return Optional.empty();
        }
        Fields evaluation = evidence.run().experiment().object("evaluation");
        boolean noTasks = evaluation.objects("general").isEmpty() && evaluation.texts("general").isEmpty();
        return Optional.of(noTasks
                ? Suggestion.advice("Measure what must be kept", "No general task was evaluated. Add evaluation.general"
                        + " to the experiment, for example [\"sciq\", {\"perplexity\": \"general.jsonl\"}].")
                : Suggestion.run("Measure before and after", "General tasks were not evaluated both before and after.",
                        "evaluation.stages=[\"base\",\"anchored\",\"domain\",\"softened\"]"));
    }

    static Optional<Suggestion> useAnchor(Evidence evidence) {
        return evidence.hasDomainPhase() ? Optional.empty()
                : Optional.of(Suggestion.advice("Use the anchor", "anchor/ holds what a domain phase needs: set"
                        + " retention.method to hierarchical and retention.anchor to this folder's anchor/ in the"
                        + " domain's experiment, which then needs no general block."));
    }

    static Optional<Suggestion> moreItems(Evidence evidence) {
        return evidence.changes().kept().stream().filter(Change::isInconclusive).findFirst()
                .map(change -> moreItems(evidence, change));
    }

    private static Suggestion moreItems(Evidence evidence, Change change) {
        String title = "Evaluate more items";
        String reason = change.task() + " (" + change.metric() + ") cannot tell no change from a large loss;"
                + " four times the items halve the interval.";
        List<Fields> tasks = evidence.run().experiment().object("evaluation").objects("general");
        for (int i = 0; i < tasks.size(); i++) {
            Fields task = tasks.get(i);
            double limit = task.number("limit");
            String name = task.text("name").or(() -> task.text("task")).orElse("");
            if (limit > 0 && name.equals(change.task())) {
                return Suggestion.run(title, reason, "evaluation.general." + i + ".limit=" + 4 * (long) limit);
            }
        }
        return Suggestion.advice(title, reason + " Give the task more data.");
    }

    static Optional<Suggestion> compare(Evidence evidence) {
        return evidence.hasDomainPhase() && evidence.isHeldBack() && evidence.measuredKept()
                ? Optional.of(Suggestion.run("See what " + evidence.method() + " bought",
                        "The same run by plain fine-tuning is the number to compare with.", "retention.method=none"))
                : Optional.empty();
    }
}

package io.ballast.report;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What to try next: simple rules over the numbers, the first three that apply. "Much" is
 * {@link Change#LARGE_SHARE} of a share or {@link Change#LARGE_RELATIVE} of another score, beyond noise.
 *
 * <table>
 * <caption>Rules of a completed run, in their order</caption>
 * <tr><th>when</th><th>suggestion</th></tr>
 * <tr><td>no general score before and after</td><td>measure general tasks</td></tr>
 * <tr><td>no domain phase</td><td>use the anchor</td></tr>
 * <tr><td>lost much, learned little</td><td>halve the learning rate</td></tr>
 * <tr><td>lost much, method none</td><td>hierarchical, or l2 without general text</td></tr>
 * <tr><td>lost much, a method</td><td>λ × 3</td></tr>
 * <tr><td>learned little, lost nothing, a method</td><td>λ / 3</td></tr>
 * <tr><td>learned little otherwise</td><td>twice the steps</td></tr>
 * <tr><td>learned, lost nothing</td><td>nothing to change: another seed</td></tr>
 * <tr><td>learned, lost a little, a method</td><td>λ × 3, if the loss matters</td></tr>
 * <tr><td>paper's α nearly on one layer</td><td>scaled α</td></tr>
 * <tr><td>more than half of ω clamped</td><td>longer general phase</td></tr>
 * <tr><td>an interval holds both 0 and a large loss</td><td>more items</td></tr>
 * <tr><td>a method</td><td>the same without it, to compare</td></tr>
 * </table>
 */
final class Suggestions {
    private static final int MOST = 3;

    private static final List<Function<Evidence, Optional<Suggestion>>> RULES = List.of(
            MeasureRules::generalTasks, MeasureRules::useAnchor,
            StrengthRules::slowDown, StrengthRules::holdBack, StrengthRules::hold, StrengthRules::letGo,
            StrengthRules::trainLonger, StrengthRules::keep, StrengthRules::holdALittleMore,
            ImportanceRules::spreadLayers, ImportanceRules::measureLonger,
            MeasureRules::moreItems, MeasureRules::compare);

    private Suggestions() {
    }

    static List<Suggestion> of(Evidence evidence) {
        Stream<Suggestion> found = switch (evidence.status()) {
            case "failed" -> Stream.of(RecoveryRules.afterFailure(evidence));
            case "stopped" -> Stream.of(RecoveryRules.afterStop());
            default -> RULES.stream().map(rule -> rule.apply(evidence)).flatMap(Optional::stream);
        };
        return found.limit(MOST).toList();
    }
}

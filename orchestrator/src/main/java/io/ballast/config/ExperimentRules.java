package io.ballast.config;

import io.ballast.config.AdapterConfig.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What must hold between the keys of an experiment, as far as it can be told without opening a file. */
final class ExperimentRules {
    private static final Set<String> METHODS_WITH_ADAPTER = Set.of("olora");
    static final Set<String> METHODS_WITH_ANCHOR = Set.of("hierarchical", "ewc", "mas", "rwalk", "ewc-lora");

    private static final String FREE_UNSEEN = "freeUnseen";
    private static final Set<Object> WITHOUT_WEIGHT_GRADIENTS = Set.of("batched", "online");

    private final ExperimentConfig experiment;
    private final Place place;

    ExperimentRules(ExperimentConfig experiment, Place place) {
        this.experiment = experiment;
        this.place = place;
    }

    void check() {
        if (experiment.general() == null && experiment.domain().isEmpty()) {
            throw place.wrong("a block 'general' or 'domain'", "neither",
                    "Add 'domain' to learn something, 'general' to measure importance, or both.");
        }
        checkAnchor();
        checkFreeUnseen();
        checkForm();
        checkMethodsAdapter();
        checkFisherOfFewBits();
        if (experiment.adapter() != null) {
            checkAdapter(experiment.adapter(), place.key("adapter"));
        }
        if (experiment.afterTraining() != null) {
            checkAfterTraining(experiment.afterTraining(), place.key("afterTraining"));
        }
        checkSpace();
        checkWarmup(place.key("general"), experiment.general());
        checkNoReplay(place.key("general"), experiment.general());
        new DomainRules(experiment, place).check();
        checkTemplates("general", experiment.evaluation().general(), task -> Optional.ofNullable(experiment.general()));
        checkTemplates("domain", experiment.evaluation().domain(), experiment::domainOf);
        checkNames();
    }

    private void checkAnchor() {
        RetentionConfig retention = experiment.retention();
        boolean general = experiment.general() != null;
        if (general && retention.anchor() != null) {
            throw place.wrong("a block 'general' or 'retention.anchor'", "both",
                    "Leave one out: an anchor made earlier stands in place of a general phase.");
        }
        if (!general && retention.anchor() == null && METHODS_WITH_ANCHOR.contains(retention.method())) {
            throw place.key("retention").key("method").wrong("a block 'general' or 'retention.anchor'", "neither",
                    "The method " + retention.method() + " needs an anchor: add the block 'general' to make one,"
                            + " or give the folder of one as 'retention.anchor'.");
        }
    }

    /** Which rows are never seen is a matter of general text. */
    private void checkFreeUnseen() {
        RetentionConfig retention = experiment.retention();
        if (experiment.general() == null && retention.anchor() == null
                && Boolean.TRUE.equals(retention.options().get(FREE_UNSEEN))) {
            throw place.key("retention").key("options").key(FREE_UNSEEN).wrong("a block 'general' or 'retention.anchor'",
                    "neither", "Add the block 'general', whose text says which tokens are seen, or leave the option out.");
        }
    }

    private void checkForm() {
        RetentionConfig retention = experiment.retention();
        if (retention.form() != null) {
            checkHas("form", retention.forms(), retention.form());
        }
    }

    private <E extends Enum<E>> void checkHas(String key, Set<E> ofTheMethod, E asked) {
        if (!ofTheMethod.contains(asked)) {
            throw place.key("retention").key(key).wrong(ofTheMethod.stream().map(Words::of)
                    .collect(Collectors.joining(" or ")) + " for the method " + experiment.retention().method(),
                    Words.of(asked), "Leave the key out for the method's default.");
        }
    }

    /** A new adapter is kept apart from the former ones, which are folded into the base's weights. */
    private void checkMethodsAdapter() {
        AdapterConfig adapter = experiment.adapter();
        RetentionConfig retention = experiment.retention();
        String method = retention.method();
        if (!METHODS_WITH_ADAPTER.contains(method)) {
            return;
        }
        if (adapter == null || !Set.of(Kind.LORA, Kind.RSLORA, Kind.CORDA).contains(adapter.kind())) {
            throw place.key("retention").key("method").wrong("an adapter of the kind lora, rslora or corda for "
                    + method, adapter == null ? "none" : Words.of(adapter.kind()), "Set 'adapter'.");
        }
        if (experiment.general() != null && retention.reference() == RetentionConfig.Reference.START
                && String.valueOf(retention.options().getOrDefault("former", "")).isEmpty()) {
            throw place.key("retention").key("reference").wrong("end for " + method, "start", "The general phase's adapter is"
                    + " the former one, which start throws away: leave the key out, or name adapters in"
                    + " 'retention.options.former'.");
        }
        if (experiment.afterTraining() != null && !experiment.afterTraining().towardsBase()) {
            throw place.key("afterTraining").key("method").wrong("wise-ft or lines after " + method, "shrink",
                    "The adapter is started afresh, so that the anchor's factors are not its own.");
        }
    }

    /** Autograd has a gradient of each weight only where weights are numbers; what is made of a layer's inputs serves. */
    private void checkFisherOfFewBits() {
        Object variant = experiment.retention().options().getOrDefault("variant", "released");
        if (experiment.retention().method().equals("ewc-lora") && experiment.adapter() != null
                && experiment.adapter().kind() == Kind.QLORA && !WITHOUT_WEIGHT_GRADIENTS.contains(variant)) {
            throw place.key("retention").key("options").key("variant").wrong("batched or online with adapter.kind qlora",
                    String.valueOf(variant), "It takes the gradient of each weight, and weights in 4 or 8 bits have none:"
                            + " batched is the same Fisher information; or set adapter.kind to lora.");
        }
    }

    private void checkAdapter(AdapterConfig adapter, Place here) {
        checkLacks(here, "preserved", adapter.preserved(), adapter.kind() != Kind.OSF, "only the kind osf has it");
        checkLacks(here, "samples", adapter.samples(), adapter.kind() != Kind.CORDA, "only the kind corda has it");
        checkLacks(here, "bits", adapter.bits(), adapter.kind() != Kind.QLORA, "only the kind qlora has it");
        if (adapter.bits() != null && adapter.bits() != 4 && adapter.bits() != 8) {
            throw here.key("bits").wrong("4 or 8", adapter.bits().toString(), "4 is NF4, 8 is LLM.int8.");
        }
        String why = "osf trains all singular directions that 'preserved' leaves, unscaled";
        checkLacks(here, "rank", adapter.rank(), adapter.kind() == Kind.OSF, why);
        checkLacks(here, "alpha", adapter.alpha(), adapter.kind() == Kind.OSF, why);
        checkLacks(here, "dropout", adapter.dropout(), adapter.kind() == Kind.OSF, why);
        if (adapter.kind() == Kind.CORDA && experiment.general() == null) {
            throw here.key("kind").wrong("a block 'general'", "none", "The kind corda starts from activations of"
                    + " general text: add the block, or use the kind lora.");
        }
    }

    private static void checkLacks(Place here, String key, Object value, boolean lacks, String why) {
        if (lacks && value != null) {
            throw here.key(key).wrong("no such key for this kind of adapter", String.valueOf(value),
                    "Leave it out: " + why + ".");
        }
    }

    private void checkAfterTraining(AfterTrainingConfig way, Place here) {
        if (experiment.domain().isEmpty()) {
            throw here.wrong("a block 'domain'", "none", "Without it nothing is trained that could go back.");
        }
        if (way.towardsBase() && way.strength() > 1) {
            throw here.key("strength").wrong("a number of at most 1 for " + Words.of(way.method()),
                    String.valueOf(way.strength()), "0 is the base model and 1 the trained model.");
        }
        if (way.towardsBase() && experiment.adapter() != null && experiment.adapter().kind() == Kind.OSF) {
            throw here.key("method").wrong("shrink for an adapter of the kind osf", Words.of(way.method()),
                    "Its factors hold no scale of the update: use shrink, or another kind of adapter.");
        }
        if (!way.towardsBase() && experiment.general() == null && experiment.retention().anchor() == null) {
            throw here.key("method").wrong("a block 'general' or 'retention.anchor' for shrink", "neither",
                    "It goes by importance: add one of them, or use wise-ft or lines.");
        }
        if (!way.towardsBase() && experiment.retention().space() == RetentionConfig.Space.EFFECTIVE) {
            throw here.key("method").wrong("wise-ft or lines with the space effective", "shrink", "There importance is of"
                    + " the product of an adapter's factors, and the product with each element shrunk by its own share is"
                    + " of no low rank: no adapter holds it.");
        }
    }

    private void checkSpace() {
        RetentionConfig retention = experiment.retention();
        checkHas("space", retention.spaces(), retention.space());
        if (retention.space() != RetentionConfig.Space.EFFECTIVE) {
            return;
        }
        if (experiment.adapter() == null) {
            throw place.key("retention").key("space").wrong("a block 'adapter' with the space effective", "none",
                    "It is what a LoRA adapter does to each matrix: add the block 'adapter', or"
                            + " set retention.space to factors and retention.method to one that has it.");
        }
    }

    static void checkWarmup(Place here, PhaseConfig phase) {
        if (phase != null && phase.steps() != null && phase.warmupSteps() > phase.steps()) {
            throw here.key("warmupSteps").wrong("at most the phase's " + phase.steps() + " steps",
                    String.valueOf(phase.warmupSteps()), "The learning rate would never reach its peak.");
        }
    }

    private static void checkNoReplay(Place here, PhaseConfig general) {
        if (general != null && (general.replay() > 0 || general.replayData() != null)) {
            throw here.key("replay").wrong("nothing", "general rows in the general phase",
                    "Move it to 'domain': it says how many general rows are mixed into that.");
        }
        if (general != null && general.name() != null) {
            throw here.key("name").wrong("no name for the general phase", "'" + general.name() + "'",
                    "Leave it out: only a domain phase has one.");
        }
    }

    /** A perplexity can take its templates from training data with templates, and not from chat messages. */
    private void checkTemplates(String role, List<TaskConfig> tasks, Function<TaskConfig, Optional<PhaseConfig>> lender) {
        for (int i = 0; i < tasks.size(); i++) {
            TaskConfig task = tasks.get(i);
            String messages = lender.apply(task).map(phase -> phase.data().get(0).messages()).orElse(null);
            if (messages != null && task.perplexity() != null && task.text() == null && task.completion() == null) {
                throw place.key("evaluation").key(role).index(i).wrong("text, or prompt with completion", "neither",
                        "They are taken from " + role + ".data[0], and that has '" + messages + "' as messages.");
            }
        }
    }

    private void checkNames() {
        Map<String, Place> seen = new HashMap<>();
        checkNames("general", experiment.evaluation().general(), seen);
        checkNames("domain", experiment.evaluation().domain(), seen);
    }

    private void checkNames(String role, List<TaskConfig> tasks, Map<String, Place> seen) {
        for (int i = 0; i < tasks.size(); i++) {
            Place here = place.key("evaluation").key(role).index(i);
            Place before = seen.putIfAbsent(tasks.get(i).name(), here);
            if (before != null) {
                throw here.wrong("a name of its own", "'" + tasks.get(i).name() + "', which is the name of "
                        + before.keys() + " too", "Give one of them another 'name'.");
            }
        }
    }
}

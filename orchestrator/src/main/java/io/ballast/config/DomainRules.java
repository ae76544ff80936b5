package io.ballast.config;

import io.ballast.config.AdapterConfig.Carry;
import io.ballast.config.AdapterConfig.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What must hold of the domain phases, of one or of several that run one after another. */
final class DomainRules {
    /** Of phases and stages: a domain of such a name could not be told from them. */
    private static final Set<String> TAKEN = Set.of("general", "base", "anchored", "softened", "flips");
    private static final Set<Kind> FOLDED = Set.of(Kind.LORA, Kind.RSLORA, Kind.CORDA);

    private final ExperimentConfig experiment;
    private final List<PhaseConfig> domains;
    private final Place place;

    DomainRules(ExperimentConfig experiment, Place place) {
        this.experiment = experiment;
        this.domains = experiment.domain();
        this.place = place;
    }

    /** The experiment with the way that its adapter is carried on written out, where there are several domains. */
    static ExperimentConfig withCarry(ExperimentConfig experiment) {
        AdapterConfig adapter = experiment.adapter();
        if (adapter == null || adapter.carry() != null || experiment.domain().size() < 2) {
            return experiment;
        }
        RetentionConfig retention = experiment.retention();
        if (retention.method().equals("olora")) {
            return experiment.withAdapter(adapter.withCarry(Carry.STACK));
        }
        boolean online = retention.method().equals("ewc-lora") && "online".equals(retention.options().get("variant"));
        return experiment.withAdapter(adapter.withCarry(online ? Carry.MERGE : Carry.CONTINUE));
    }

    void check() {
        for (int i = 0; i < domains.size(); i++) {
            Place here = place.key("domain").entry(i, domains);
            ExperimentRules.checkWarmup(here, domains.get(i));
            checkReplay(here, domains.get(i));
        }
        checkNames();
        checkTasks();
        checkImportance();
        if (experiment.adapter() != null && experiment.adapter().carry() != null) {
            checkAdapter(experiment.adapter());
        }
    }

    private void checkReplay(Place here, PhaseConfig domain) {
        if (domain.replay() > 0 && experiment.general() == null && domain.replayData() == null) {
            throw here.key("replay").wrong("a block 'general' or 'domain.replayData'", "neither",
                    "General rows have to come from somewhere.");
        }
        if (domain.replay() == 0 && domain.replayData() != null) {
            throw here.key("replayData").wrong("a share in 'domain.replay'", "0",
                    "Set 'domain.replay', or leave the data out.");
        }
    }

    private void checkNames() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < domains.size(); i++) {
            Place here = place.key("domain").entry(i, domains).key("name");
            String name = domains.get(i).name();
            if (name == null && domains.size() > 1) {
                throw here.problem("the key is missing. Each of several domains needs a name: its stage and its scores"
                        + " have it.");
            }
            if (name != null && TAKEN.contains(name)) {
                throw here.wrong("a name that is not a phase's or a stage's own", "'" + name + "'", "Choose another.");
            }
            if (!seen.add(domains.get(i).domainName())) {
                throw here.wrong("a name of its own", "'" + name + "', which an earlier domain has too",
                        "Choose another.");
            }
        }
    }

    /** Each is of a domain, whose score it becomes in the matrix. */
    private void checkTasks() {
        List<TaskConfig> tasks = experiment.evaluation().domain();
        String names = domains.stream().map(PhaseConfig::domainName).collect(Collectors.joining(", "));
        for (int i = 0; i < tasks.size(); i++) {
            Place here = place.key("evaluation").key("domain").index(i).key("domain");
            String name = tasks.get(i).domain();
            if (name == null && domains.size() > 1) {
                throw here.problem("the key is missing. Name the domain that this measures: " + names + ".");
            }
            if (name != null && experiment.domainOf(tasks.get(i)).isEmpty()) {
                throw here.wrong("the name of a domain: " + (names.isEmpty() ? "there is none" : names),
                        "'" + name + "'", "Name the domain that this measures.");
            }
        }
        for (int i = 0; i < experiment.evaluation().general().size(); i++) {
            if (experiment.evaluation().general().get(i).domain() != null) {
                throw place.key("evaluation").key("general").index(i).key("domain").wrong("no domain for a general task",
                        "'" + experiment.evaluation().general().get(i).domain() + "'",
                        "Leave it out, or move the entry to evaluation.domain.");
            }
        }
    }

    private void checkImportance() {
        ImportanceConfig importance = experiment.importance();
        Place here = place.key("importance");
        if ((importance.carry() == ImportanceConfig.Carry.DECAY) != (importance.decay() != null)) {
            throw here.key("decay").wrong("a factor with the way decay, and with no other",
                    importance.decay() + " with " + Words.of(importance.carry()),
                    "Set importance.carry to decay and importance.decay to a number of 0 to 1, or leave out decay.");
        }
        boolean effective = experiment.retention().space() == RetentionConfig.Space.EFFECTIVE;
        if (effective && importance.carry() == ImportanceConfig.Carry.SEPARATE) {
            throw here.key("carry").wrong("sum, mean, decay or maximum with the space effective", "separate",
                    "There a reference is a product of two factors, and several have no middle.");
        }
    }

    private void checkAdapter(AdapterConfig adapter) {
        Place here = place.key("adapter").key("carry");
        String method = experiment.retention().method();
        if (domains.size() < 2) {
            throw here.wrong("several domains", String.valueOf(domains.size()), "Leave it out: it says what becomes of"
                    + " the adapter after each of several domains.");
        }
        if (method.equals("olora") && adapter.carry() != Carry.STACK) {
            throw here.wrong("stack with olora", Words.of(adapter.carry()), "It keeps each new adapter apart from the"
                    + " former ones: leave the key out.");
        }
        if (adapter.carry() == Carry.CONTINUE) {
            return;
        }
        if (!FOLDED.contains(adapter.kind())) {
            throw here.wrong("continue for this kind of adapter", Words.of(adapter.carry()), "Only lora, rslora and corda"
                    + " can be folded into weights in full precision.");
        }
        boolean factors = experiment.retention().space() != RetentionConfig.Space.EFFECTIVE;
        if (factors && ExperimentRules.METHODS_WITH_ANCHOR.contains(method)) {
            throw here.wrong("continue for " + method + " with the space factors", Words.of(adapter.carry()), "A new"
                    + " adapter's factors have no importance yet: leave the key out, or set retention.space to effective.");
        }
        if (experiment.afterTraining() != null) {
            throw place.key("afterTraining").wrong("nothing after domains whose adapters are stacked or merged",
                    Words.of(experiment.afterTraining().method()),
                    "Only the last domain's adapter could go back: leave the block out, or set adapter.carry to continue.");
        }
    }
}

package io.ballast.train;

import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.python.Bridge;
import java.util.Objects;

/** Looks whether the method and the stopping rules of an experiment are there, before minutes are spent on it. */
public final class PluginCheck {
    private PluginCheck() {
    }

    /**
     * Also says where they are looked for, from now on.
     *
     * @param config an experiment
     * @param bridge to Python
     * @throws io.ballast.InvalidInputException when one is not there, or an option of the method is wrong
     */
    public static void check(ExperimentConfig config, Bridge bridge) {
        bridge.plugins().lookIn(config.plugins(), config.pluginSeconds());
        bridge.methods().describe(config.retention().method(), config.retention().options());
        config.phases().stream().map(PhaseConfig::stop).filter(Objects::nonNull).distinct()
                .forEach(name -> new StoppingRule(bridge, name).close());
    }
}

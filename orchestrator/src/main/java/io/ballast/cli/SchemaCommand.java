package io.ballast.cli;

import io.ballast.config.ExperimentSchema;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast schema}: the JSON Schema of experiments. */
final class SchemaCommand implements Command {
    @Override
    public String name() {
        return "schema";
    }

    @Override
    public String argument() {
        return "";
    }

    @Override
    public String summary() {
        return "Print the JSON Schema of experiments: every key, its meaning, default and bounds.";
    }

    @Override
    public Options options() {
        return new Options();
    }

    @Override
    public int run(CommandLine line, Output output) {
        String schema = Documents.of(ExperimentSchema.json());
        output.answer(() -> schema, () -> schema);
        return 0;
    }
}

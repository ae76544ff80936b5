package io.ballast.cli;

import io.ballast.schema.Schemas;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast schema}: the JSON Schemas of experiments and of what a run leaves. */
final class SchemaCommand implements Command {
    @Override
    public String name() {
        return "schema";
    }

    @Override
    public String argument() {
        return "[NAME]";
    }

    @Override
    public String summary() {
        return "Print a JSON Schema: " + String.join(", ", Schemas.names()) + " (of one line), by default the first.";
    }

    @Override
    public Options options() {
        return new Options();
    }

    @Override
    public int run(CommandLine line, Output output) {
        String name = line.getArgList().isEmpty() ? Schemas.EXPERIMENT : line.getArgList().get(0);
        String schema = Documents.of(Schemas.named(name));
        output.answer(() -> schema, () -> schema);
        return 0;
    }
}

package io.ballast.plugin;

import io.ballast.data.Row;
import io.ballast.eval.Task;
import java.util.List;
import java.util.Optional;

/** A task as another team would write it. */
public class Triage implements Task {
    @Override
    public String name() {
        return "triage";
    }

    @Override
    public Optional<Choice> ask(Row row) {
        if (row.columns().get("urgent") instanceof Boolean urgent) {
            String prompt = "Ticket: " + row.text("text") + "\nUrgent:";
            return Optional.of(new Choice(prompt, List.of("no", "yes"), urgent ? 1 : 0));
        }
        if (row.columns().containsKey("broken")) {
            throw new IllegalStateException("a ticket that nobody can read");
        }
        return Optional.empty();
    }
}

package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SuggestionTest {
    @Test
    void aCommandIsQuotedForTheShellWhereItMustBe() {
        Suggestion suggestion = Suggestion.run("t", "r", "seed=8", "retention.anchor=/my runs/it's/anchor");
        assertEquals("ballast run 'my runs/experiment.json' --set seed=8 --set 'retention.anchor=/my runs/it'\\''s/anchor'",
                suggestion.commandLine("my runs/experiment.json"));
    }

    @Test
    void adviceHasNoCommand() {
        assertEquals("", Suggestion.advice("t", "r").commandLine("experiment.json"));
    }
}

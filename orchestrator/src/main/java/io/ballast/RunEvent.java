package io.ballast;

import java.time.Instant;
import java.util.Map;

/**
 * Something that happened in a run; a line of {@code events.jsonl}.
 *
 * @param time   when
 * @param type   started, phase, step, stage, scoring, scores, warning or finished
 * @param phase  general, domain, or the stage's name; empty outside of one
 * @param step   1-based optimizer step (items scored, for {@code scoring}), 0 outside of a phase
 * @param fields what else there is to say, by the names of the design's table
 */
public record RunEvent(Instant time, String type, String phase, long step, Map<String, Object> fields) {
}

package io.ballast.config;

import java.util.Map;

/**
 * One entry of an evaluation: a task on a data file, or the perplexity of one.
 *
 * @param task       name of a task, or null for a perplexity
 * @param data       absolute path of the task's data file
 * @param columns    the task's column name to the file's, where they differ
 * @param perplexity absolute path of the data file whose perplexity is measured, or null for a task
 * @param text       template of a document; by default that of the role's first data entry
 * @param prompt     template of what is given
 * @param completion template of what is scored
 * @param where      an SQL condition over the columns
 * @param limit      the first rows only
 * @param name       what the scores are called; by default parent folder/stem
 */
public record TaskConfig(
        @Setting("A task by name: sciq, piqa, medmcqa, hellaswag, arc_easy or lambada_openai.") String task,
        @Setting(value = "The task's data file.", path = true) String data,
        @Setting("The task's column names mapped to the file's, where they differ.") Map<String, String> columns,
        @Setting(value = "The data file whose perplexity is measured.", path = true) String perplexity,
        @Setting("Template of a document; by default that of the role's first data entry.") String text,
        @Setting("Template of what is given and not scored.") String prompt,
        @Setting("Template of what is scored.") String completion,
        @Setting("An SQL condition over the columns.") String where,
        @Setting(value = "The first rows only.", minimum = 1) Integer limit,
        @Setting("What the scores are called; by default parent folder/stem.") String name) {
}

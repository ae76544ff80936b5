package io.ballast.config;

import java.util.List;

/**
 * Questions of one's own with answers to choose from, out of a data file.
 *
 * @param path    absolute path of the data file
 * @param prompt  template of what is given
 * @param choices templates of the answers
 * @param answer  template of the right one
 */
public record MultipleChoiceConfig(
        @Setting(value = "Data file: JSON Lines, CSV or Parquet.", required = true, path = true) String path,
        @Setting(value = "Template of the question, such as \"Question: {question}\\nAnswer:\". {field} is a column.",
                required = true) String prompt,
        @Setting(value = "Templates of the answers; each is scored after the prompt and a space.", required = true,
                minimum = 2) List<String> choices,
        @Setting(value = "Template of the right answer: its index, from 0, or its own text.", required = true)
                String answer) {
}

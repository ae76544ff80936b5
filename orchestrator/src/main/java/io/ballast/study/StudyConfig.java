package io.ballast.study;

import io.ballast.config.Setting;
import java.util.List;

/**
 * A study as its file states it.
 *
 * @param name       names it
 * @param output     absolute path of the folder for runs, anchors and results
 * @param domains    an experiment for each domain; methods and strengths are written over it
 * @param seeds      of the runs; each method has each of them
 * @param methods    what is compared
 * @param set        overrides for every run
 * @param learned    the task on whose score learning is told, {@code TASK} or {@code TASK:METRIC}
 * @param kept       the task on whose score keeping is told
 * @param keepModels whether trained models stay in the run folders
 */
public record StudyConfig(
        @Setting(value = "Names the study.", required = true, pattern = "[A-Za-z0-9][A-Za-z0-9._-]*") String name,
        @Setting(value = "Folder for runs, anchors and results.", required = true, path = true) String output,
        @Setting(value = "An experiment for each domain; methods and strengths are written over it.", required = true,
                minimum = 1) List<Domain> domains,
        @Setting(value = "Seeds; each method is run with each of them.", byDefault = "[7]", minimum = 1)
                List<Integer> seeds,
        @Setting(value = "What is compared.", required = true, minimum = 1) List<Method> methods,
        @Setting(value = "Overrides for every run, as --set has them; paths start from the study's file.",
                byDefault = "[]") List<String> set,
        @Setting("The task on whose score learning is told: TASK or TASK:METRIC. By default the first domain task.")
                String learned,
        @Setting("The task on whose score keeping is told: TASK or TASK:METRIC. By default the first general task.")
                String kept,
        @Setting(value = "Whether trained models stay in the run folders.", byDefault = "false") boolean keepModels) {

    /**
     * A domain of a study.
     *
     * @param name       names it
     * @param experiment absolute path of the experiment
     * @param atLearned  scores of learning at which what was kept is compared; null: one that most methods reach
     */
    public record Domain(
            @Setting(value = "Names the domain.", required = true) String name,
            @Setting(value = "The experiment's file.", required = true, path = true) String experiment,
            @Setting("Scores of learning at which what was kept is compared. By default one that most methods reach.")
                    List<Double> atLearned) {
    }

    /**
     * One curve of a study.
     *
     * @param name      names it in table and picture
     * @param set       overrides that make the method
     * @param strengths values of the strength key, or an empty list for a single run
     * @param key       the setting that the strengths are of
     * @param from      the method that this one is at strength 0, or null
     * @param domains   the domains it is run on, or null for all
     * @param seeds     the seeds it is run with, or null for all
     * @param more      further runs of it
     */
    public record Method(
            @Setting(value = "Names the method in table and picture.", required = true) String name,
            @Setting(value = "Overrides that make the method, as --set has them.", byDefault = "[]") List<String> set,
            @Setting(value = "Values of the strength key, weakest first; none for a single run.", byDefault = "[]")
                    List<Double> strengths,
            @Setting(value = "The setting that the strengths are of.", byDefault = "\"retention.lambda\"") String key,
            @Setting("The method that this one is at strength 0: its point is the start of this one's curve.")
                    String from,
            @Setting("Names of the domains it is run on. By default all.") List<String> domains,
            @Setting("Seeds it is run with. By default all.") List<Integer> seeds,
            @Setting(value = "Further runs: other strengths for other domains or seeds, such as a second round of the best.",
                    byDefault = "[]") List<Round> more) {
    }

    /**
     * Further runs of a method.
     *
     * @param strengths values of the strength key, or an empty list for a single run
     * @param domains   on which, or null for all
     * @param seeds     with which, or null for all
     */
    public record Round(
            @Setting(value = "Values of the strength key; none for a single run.", byDefault = "[]")
                    List<Double> strengths,
            @Setting("Names of the domains. By default all.") List<String> domains,
            @Setting("Seeds. By default all.") List<Integer> seeds) {
        boolean includes(String domain, int seed) {
            return (domains == null || domains.contains(domain)) && (seeds == null || seeds.contains(seed));
        }
    }
}

package io.ballast.artifacts;

import com.google.gson.JsonParseException;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.RunEvent;
import io.ballast.eval.EvaluationWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What a run left in its folder. Nothing is kept: a file is read when it is asked for.
 *
 * <pre>{@code
 * RunArtifacts run = new RunArtifacts(Path.of("runs/medicine-20261128-101500"));
 * run.result().forgetting().forEach(System.out::println);
 * run.samples("base", "quiz").forEach(sample -> System.out.println(sample.values().get("acc")));
 * }</pre>
 *
 * @param folder of the run
 */
public record RunArtifacts(Path folder) {
    private static final String EVALUATION = "evaluation";
    private static final String FLIPS = "flips";

    /**
     * @return {@code result.json}
     * @throws InvalidInputException when there is none, or one of another schema
     */
    public Result result() {
        return Result.read(folder);
    }

    /**
     * @return {@code events.jsonl}, in order; half a line at its end, which a killed run leaves, is passed over
     * @throws InvalidInputException when there is none, or a line is no event
     */
    public List<RunEvent> events() {
        return lines(folder.resolve(RunEvent.FILE), RunEvent::parse);
    }

    /**
     * @return names of the stages that were evaluated, sorted
     */
    public List<String> stages() {
        return names(folder.resolve(EVALUATION)).stream().filter(name -> !name.equals(FLIPS)).toList();
    }

    /**
     * @param stage one of {@link #stages()}
     * @param task  name of an entry of the evaluation
     * @return its items, in the data's order
     * @throws InvalidInputException when there are none, or a line is no sample
     */
    public List<SampleLine> samples(String stage, String task) {
        Path evaluation = folder.resolve(EVALUATION).resolve(stage);
        String begin = "samples_" + EvaluationWriter.fileName(task) + "_";
        List<String> found = names(evaluation).stream()
                .filter(name -> name.startsWith(begin) && name.substring(begin.length()).matches("[0-9T.-]+\\.jsonl"))
                .toList();
        if (found.isEmpty()) {
            throw new InvalidInputException("Expected " + begin + "DATE.jsonl in " + evaluation + "; found "
                    + (names(evaluation).isEmpty() ? "nothing. The stages are " + String.join(", ", stages())
                    : String.join(", ", names(evaluation))) + ".");
        }
        return lines(evaluation.resolve(found.get(found.size() - 1)), SampleLine::parse);
    }

    /**
     * @return {@code anchor/anchor.json}
     * @throws InvalidInputException when there is none, or one of another schema
     */
    public AnchorDescription anchor() {
        return AnchorDescription.read(folder.resolve("anchor"));
    }

    private static List<String> names(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new InvalidInputException("Expected a folder that can be read at " + folder + "; found " + e + ".",
                    e);
        }
    }

    private static <T> List<T> lines(Path file, Function<String, T> parse) {
        List<T> lines = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            String next = reader.readLine();
            for (String line = next; line != null; line = next) {
                next = reader.readLine();
                try {
                    lines.add(parse.apply(line));
                } catch (JsonParseException broken) {
                    if (next != null) {
                        throw new InvalidInputException("Expected JSON of Ballast's form in " + file + ", line "
                                + (lines.size() + 1) + "; found " + broken.getMessage() + ".", broken);
                    }
                }
            }
        } catch (IOException e) {
            throw new InvalidInputException("Expected a file that can be read at " + file + "; found " + e + ".", e);
        }
        return List.copyOf(lines);
    }
}

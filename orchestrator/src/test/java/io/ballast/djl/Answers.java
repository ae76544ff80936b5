package io.ballast.djl;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** What a program of a test prints, line by line: a question's name, and the answer or what was thrown. */
final class Answers {
    private static final String MARK = "answer\t";

    private Answers() {
    }

    static void print(String name, Callable<?> question) {
        String answer;
        try {
            answer = String.valueOf(question.call());
        } catch (Exception e) {
            answer = e.getClass().getSimpleName() + " " + e.getMessage();
        }
        System.out.println(MARK + name + "\t" + answer.replaceAll("\\s+", " "));
    }

    static Map<String, String> read(String printed) {
        return printed.lines().filter(line -> line.startsWith(MARK)).map(line -> line.split("\t"))
                .collect(Collectors.toMap(parts -> parts[1], parts -> parts[2]));
    }
}

package io.ballast.plugin;

import io.ballast.data.RowSource;
import java.net.URI;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A source as another team would write it: {@code tickets://closed?count=24}; {@code tickets://broken} throws. */
public class Tickets implements RowSource {
    @Override
    public String scheme() {
        return "tickets";
    }

    @Override
    public Stream<Map<String, Object>> rows(URI address) {
        if (address.getHost().equals("broken")) {
            return Stream.of(1).map(row -> {
                throw new IllegalStateException("the ticket system is away");
            });
        }
        int count = Integer.parseInt(address.getQuery().replace("count=", ""));
        return IntStream.range(0, count).mapToObj(i -> Map.of("question", "What dose of drug " + i + "?", "answer",
                i * 5 % 24 + " mg", "number", i));
    }
}

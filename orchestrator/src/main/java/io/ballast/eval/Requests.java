package io.ballast.eval;

import io.ballast.data.Example;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** What a model is asked about some items: what it said before is taken from a cache, the rest is put to it. */
final class Requests {
    private final AnswerCache cache;
    private final Map<Example, Likelihood> likelihoods = new IdentityHashMap<>();
    private final Map<GenerationRequest, String> texts = new IdentityHashMap<>();
    private final List<Example> rows = new ArrayList<>();
    private final List<GenerationRequest> prompts = new ArrayList<>();
    private final List<Open> itemsOfRows = new ArrayList<>();
    private final List<Open> itemsOfPrompts = new ArrayList<>();
    private int items;
    private int answered;

    /** An item of which something is yet to be asked. */
    private static final class Open {
        private int requests;
    }

    Requests(List<Items> items, AnswerCache cache) {
        this.cache = cache;
        items.forEach(each -> each.all().forEach(this::add));
    }

    private void add(Item item) {
        Open open = new Open();
        for (Example row : item.rows()) {
            Likelihood known = cache.likelihood(row);
            if (known == null) {
                rows.add(row);
                itemsOfRows.add(open);
                open.requests++;
            } else {
                likelihoods.put(row, known);
            }
        }
        if (item.generation() != null) {
            String known = cache.text(item.generation().request());
            if (known == null) {
                prompts.add(item.generation().request());
                itemsOfPrompts.add(open);
                open.requests++;
            } else {
                texts.put(item.generation().request(), known);
            }
        }
        items++;
        answered += open.requests == 0 ? 1 : 0;
    }

    /** @return token rows that are to be scored */
    List<Example> rows() {
        return rows;
    }

    /** @return prompts that are to be completed */
    List<GenerationRequest> prompts() {
        return prompts;
    }

    /** @return how many items there are */
    int items() {
        return items;
    }

    /** @return how many items need not be asked about, or no more */
    int answered() {
        return answered;
    }

    private void close(Open item) {
        answered += --item.requests == 0 ? 1 : 0;
    }

    /** Hears the likelihood of one of {@link #rows()}. */
    void scored(Likelihood likelihood, int row) {
        likelihoods.put(rows.get(row), likelihood);
        cache.add(rows.get(row), likelihood);
        close(itemsOfRows.get(row));
    }

    /** Hears the completion of one of {@link #prompts()}. */
    void completed(String text, int prompt) {
        texts.put(prompts.get(prompt), text);
        cache.add(prompts.get(prompt), text);
        close(itemsOfPrompts.get(prompt));
    }

    /** @return what the model said about an item, when all was asked */
    Answer answer(Item item) {
        if (item.generation() != null) {
            return new Answer(List.of(), texts.get(item.generation().request()));
        }
        List<Likelihood> own = item.rows().stream().map(likelihoods::get).toList();
        return new Answer(item.isWholeText() ? List.of(Likelihood.sum(own)) : own, null);
    }
}

package io.ballast.ranks;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.reflect.TypeToken;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Pieces of work dealt out to the ranks in turn, in rounds: in each every rank does one piece, or none at the end, and
 * then hears what all others did. So the answers are those of one rank that does all pieces.
 *
 * @param ranks who shares the work
 * @param model handle of the model that the work lets compute
 */
public record Rounds(Ranks ranks, long model) {
    /** Of one process alone: it does every piece. */
    public static final Rounds ALONE = new Rounds(Ranks.ALONE, 0);

    private static final Gson GSON = new GsonBuilder().serializeSpecialFloatingPointValues().create();

    /**
     * Does all pieces.
     *
     * @param <T>       of what comes of them
     * @param type      the same; JSON of it is read back without loss
     * @param pieces    how many there are, the same on every rank
     * @param piece     does one of them
     * @param done      is given what came of each piece, on every rank, in the pieces' order
     * @param cancelled is asked before every round, on every rank; what one of them says holds for all
     * @param stopped   what is thrown then
     */
    public <T> void run(Class<T> type, int pieces, IntFunction<List<T>> piece, Consumer<List<T>> done,
            BooleanSupplier cancelled, Supplier<? extends RuntimeException> stopped) {
        for (int first = 0; first < pieces; first += ranks.size()) {
            if (ranks.any(cancelled.getAsBoolean())) {
                throw stopped.get();
            }
            if (ranks.size() == 1) {
                done.accept(piece.apply(first));
            } else {
                round(type, first, pieces, piece, done);
            }
        }
    }

    private <T> void round(Class<T> type, int first, int pieces, IntFunction<List<T>> piece, Consumer<List<T>> done) {
        int own = first + ranks.rank();
        String[] said = {"[]"};
        if (own < pieces) {
            ranks.apart(model, () -> said[0] = GSON.toJson(piece.apply(own)));
        } else {
            ranks.apart(model, () -> { });
        }
        ranks.all(said[0]).subList(0, Math.min(ranks.size(), pieces - first)).forEach(json -> done.accept(
                GSON.<List<T>>fromJson(json, TypeToken.getParameterized(List.class, type).getType())));
    }
}

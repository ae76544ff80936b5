package io.ballast.ranks;

import java.util.List;
import java.util.function.Supplier;

/**
 * The processes that run an experiment together, of which this is one. Every rank makes the same calls in the same order;
 * one that does not come is waited for, and in the end taken for lost ({@link io.ballast.RankLostException}).
 */
public interface Ranks {
    /** One process alone: nobody is waited for. */
    Ranks ALONE = new Ranks() {
        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public List<String> all(String own) {
            return List.of(own);
        }

        @Override
        public void apart(long model, Runnable work) {
            work.run();
        }
    };

    /** @return which one this is, from 0 */
    int rank();

    /** @return how many there are */
    int size();

    /**
     * Tells the others something.
     *
     * @param own what this rank says
     * @return what each says, in their order
     */
    List<String> all(String own);

    /**
     * Work in which each rank lets a model compute as often as it likes, without training it.
     *
     * @param model its handle
     * @param work  of this rank; it makes no other call to ranks
     */
    void apart(long model, Runnable work);

    /** @return whether this is the rank that writes and speaks */
    default boolean isFirst() {
        return rank() == 0;
    }

    /**
     * @param own what is so on this rank
     * @return whether it is so on any
     */
    default boolean any(boolean own) {
        return size() > 1 ? all(own ? "1" : "").contains("1") : own;
    }

    /**
     * @param own what this rank would say
     * @return what the first says
     */
    default String ofFirst(String own) {
        return all(own).get(0);
    }

    /**
     * Work that leaves something behind which the others then find: the first rank does it, then all others.
     *
     * @param <T>  what the work gives
     * @param work done on every rank
     * @return what it gave on this one
     */
    default <T> T firstAlone(Supplier<T> work) {
        T done = isFirst() ? work.get() : null;
        any(false);
        return isFirst() ? done : work.get();
    }
}

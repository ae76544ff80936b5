package io.ballast.compare;

/** Items that are right or wrong, counted by what two models made of them. */
final class PairedAnswers {
    private int bothRight;
    private int newlyWrong;
    private int newlyRight;
    private int bothWrong;

    void add(boolean rightBefore, boolean rightAfter) {
        if (rightBefore) {
            bothRight += rightAfter ? 1 : 0;
            newlyWrong += rightAfter ? 0 : 1;
        } else {
            newlyRight += rightAfter ? 1 : 0;
            bothWrong += rightAfter ? 0 : 1;
        }
    }

    int newlyWrong() {
        return newlyWrong;
    }

    int newlyRight() {
        return newlyRight;
    }

    int size() {
        return bothRight + newlyWrong + newlyRight + bothWrong;
    }

    /** @return share of items that the first model has right */
    double before() {
        return (double) (bothRight + newlyWrong) / size();
    }

    /** @return share of items that the second model has right */
    double after() {
        return (double) (bothRight + newlyRight) / size();
    }

    /** @return two-sided p-value of "no change", {@link McNemarTest} */
    double p() {
        return McNemarTest.p(newlyWrong, newlyRight);
    }

    /** @return the smallest change that they could have shown, or null: {@link SmallestChange#ofFlips} */
    Double smallestChange() {
        return SmallestChange.ofFlips(newlyWrong + newlyRight, size());
    }
}

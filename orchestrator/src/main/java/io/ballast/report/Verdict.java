package io.ballast.report;

/** What a change of a score amounts to. */
enum Verdict {
    /** The interval lies wholly on the good side of zero. */
    BETTER,
    /** The interval lies wholly on the bad side of zero. */
    WORSE,
    /** The interval contains zero: no change beyond noise. */
    NOISE,
    /** There is no interval, so nothing can be said about noise. */
    UNTESTED
}

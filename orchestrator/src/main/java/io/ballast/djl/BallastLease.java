package io.ballast.djl;

import io.ballast.Ballast;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The use of a {@link Ballast} by something of DJL's. It is the one that the application has open; if there is none,
 * one of our own, which closes with its last lease. So an application that wants one itself opens it before it loads
 * the first DJL model.
 */
final class BallastLease implements AutoCloseable {
    private static Ballast own;
    private static int leasesOfOwn;

    private final Ballast ballast;
    private final AtomicBoolean closed = new AtomicBoolean();

    private BallastLease(Ballast ballast) {
        this.ballast = ballast;
    }

    /**
     * Begins a use.
     *
     * @return it, to be closed
     * @throws io.ballast.MissingEnvironmentException when none is open and none can be
     */
    static synchronized BallastLease take() {
        Optional<Ballast> open = Ballast.current();
        if (open.isEmpty()) {
            own = Ballast.open();
            leasesOfOwn = 0;
        }
        BallastLease lease = new BallastLease(open.orElse(own));
        leasesOfOwn += lease.isOfOwn() ? 1 : 0;
        return lease;
    }

    private boolean isOfOwn() {
        return ballast == own;
    }

    Ballast ballast() {
        return ballast;
    }

    /** Ends the use. May be called twice. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            giveBack(this);
        }
    }

    private static synchronized void giveBack(BallastLease lease) {
        leasesOfOwn -= lease.isOfOwn() ? 1 : 0;
        if (lease.isOfOwn() && leasesOfOwn == 0) {
            own.close();
        }
    }
}

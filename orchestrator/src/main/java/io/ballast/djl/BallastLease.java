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
    private final boolean isOfOwn;
    private final AtomicBoolean closed = new AtomicBoolean();

    private BallastLease(Ballast ballast, boolean isOfOwn) {
        this.ballast = ballast;
        this.isOfOwn = isOfOwn;
    }

    /**
     * Begins a use.
     *
     * @return it, to be closed
     * @throws io.ballast.MissingEnvironmentException when none is open and none can be
     */
    static synchronized BallastLease take() {
        if (leasesOfOwn == 0) {
            Optional<Ballast> applications = Ballast.current();
            if (applications.isPresent()) {
                return new BallastLease(applications.get(), false);
            }
            own = Ballast.open();
        }
        leasesOfOwn++;
        return new BallastLease(own, true);
    }

    Ballast ballast() {
        return ballast;
    }

    /** Ends the use. May be called twice. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true) && isOfOwn) {
            giveBack();
        }
    }

    private static synchronized void giveBack() {
        leasesOfOwn--;
        if (leasesOfOwn == 0) {
            own.close();
        }
    }
}

package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.Ballast;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BallastLeaseTest {
    @Test
    void theApplicationsBallastIsUsedAndStaysOpen() {
        try (Ballast ballast = Ballast.open()) {
            try (BallastLease lease = BallastLease.take()) {
                assertSame(ballast, lease.ballast());
            }
            assertTrue(ballast.bridge().memory().containsKey("residentBytes"), "it is open");
        }
        assertEquals(Optional.empty(), Ballast.current());
    }

    @Test
    void withoutOneDjlsOwnClosesWithItsLastLease() {
        BallastLease first = BallastLease.take();
        BallastLease second = BallastLease.take();
        assertSame(first.ballast(), second.ballast());
        first.close();
        first.close();
        assertSame(second.ballast(), Ballast.current().orElseThrow(), "closing the first twice leaves the second");
        String said = assertThrows(IllegalStateException.class, Ballast::open).getMessage();
        assertTrue(said.contains("Ballast.current()") && said.contains("DJL"), said);
        second.close();
        assertEquals(Optional.empty(), Ballast.current());
        try (BallastLease third = BallastLease.take()) {
            assertNotSame(first.ballast(), third.ballast());
        }
    }

    @Test
    void anApplicationMayCloseDjlsOwnAndOpenOneItself() {
        BallastLease early = BallastLease.take();
        Ballast.current().orElseThrow().close();
        try (Ballast ballast = Ballast.open()) {
            try (BallastLease late = BallastLease.take()) {
                assertSame(ballast, late.ballast());
            }
            early.close();
            assertSame(ballast, Ballast.current().orElseThrow());
        }
    }
}

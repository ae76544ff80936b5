package io.ballast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MeasurementTest {
    @Test
    void ratioIsThatOfTheMediansAndOneSlowRunDoesNotCount() {
        Measurement measured = Measurement.ofPace("eval", 30, new double[] {2, 100, 3}, new double[] {6, 5, 4}, 1.5);
        assertEquals(10, measured.ours());
        assertEquals(6, measured.theirs());
        assertEquals(10 / 6.0, measured.ratio(), 1e-12);
        assertTrue(measured.reached());
        assertEquals(3, measured.runs());
        assertEquals("higher", measured.better());
    }

    @Test
    void anEvenNumberOfRunsHasItsMedianBetweenTheMiddleTwo() {
        assertEquals(2.5, Measurement.median(new double[] {4, 1, 3, 2}));
        assertFalse(Measurement.ofPace("eval", 1, new double[] {2, 2}, new double[] {1, 1}, 0.97).reached());
    }

    @Test
    void aLimitHasNoOtherSide() {
        Measurement call = Measurement.ofLimit("bridge/call", new double[] {2, 4, 9}, 5, "µs");
        assertNull(call.theirs());
        assertEquals(0.8, call.ratio(), 1e-12);
        assertTrue(call.reached());
    }

    @Test
    void fewerSecondsAreBetter() {
        assertTrue(Measurement.ofSeconds("startup", new double[] {1}, new double[] {1}, 1.15).reached());
        assertFalse(Measurement.ofSeconds("startup", new double[] {1.2}, new double[] {1}, 1.15).reached());
    }
}

package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import org.junit.jupiter.api.Test;

class DevicesTest {
    @Test
    void aDeviceHasANameInBothLibraries() {
        assertEquals("cpu", Devices.toPyTorch(Device.cpu()));
        assertEquals("cuda:1", Devices.toPyTorch(Device.gpu(1)));
        assertEquals(Device.cpu(), Devices.ofPyTorch("cpu"));
        assertEquals(Device.gpu(1), Devices.ofPyTorch("cuda:1"));
        assertEquals(Device.gpu(0), Devices.ofPyTorch("cuda"));
    }
}

package io.ballast.djl;

import ai.djl.Device;

/** Devices by DJL's names and by PyTorch's. */
final class Devices {
    private static final String CUDA = "cuda";

    private Devices() {
    }

    static String toPyTorch(Device device) {
        return device.isGpu() ? CUDA + ":" + device.getDeviceId() : device.getDeviceType();
    }

    static Device ofPyTorch(String name) {
        if (!name.startsWith(CUDA)) {
            return Device.of(name, -1);
        }
        int colon = name.indexOf(':');
        return Device.gpu(colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1)));
    }
}

package io.ballast.data;

import java.io.IOException;

/**
 * Keeps DJL from the network. Opening a tokenizer would send telemetry, and on a machine with a GPU load a CUDA
 * build of the library from DJL's server, unless {@code ai.djl.offline} is set. The property is the whole JVM's,
 * which may use DJL for other things: it is put back after the call.
 */
final class Offline {
    private static final String PROPERTY = "ai.djl.offline";

    interface Call<T> {
        T run() throws IOException;
    }

    private Offline() {
    }

    static synchronized <T> T call(Call<T> call) throws IOException {
        String before = System.getProperty(PROPERTY);
        System.setProperty(PROPERTY, "true");
        try {
            return call.run();
        } finally {
            if (before == null) {
                System.clearProperty(PROPERTY);
            } else {
                System.setProperty(PROPERTY, before);
            }
        }
    }
}

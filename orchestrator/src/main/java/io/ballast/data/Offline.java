package io.ballast.data;

import java.io.IOException;

/**
 * Keeps DJL from the network. Opening a tokenizer would send telemetry, and on a machine with a GPU load a CUDA
 * build of the library from DJL's server, unless {@code ai.djl.offline} is set. The property is the whole JVM's,
 * which may use DJL for other things: it is put back after the call.
 *
 * <p>DJL also looks for its library through the thread's class loader, which in a thread of the common pool is the JVM's:
 * in a fat jar or a container that one does not know DJL. During the call it is Ballast's own.
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
        Thread thread = Thread.currentThread();
        ClassLoader loader = thread.getContextClassLoader();
        System.setProperty(PROPERTY, "true");
        thread.setContextClassLoader(Offline.class.getClassLoader());
        try {
            return call.run();
        } finally {
            thread.setContextClassLoader(loader);
            if (before == null) {
                System.clearProperty(PROPERTY);
            } else {
                System.setProperty(PROPERTY, before);
            }
        }
    }
}

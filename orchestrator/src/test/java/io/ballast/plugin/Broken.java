package io.ballast.plugin;

import io.ballast.RunEvent;
import io.ballast.RunListener;

/** A listener that fails at every event of the runs that are called plugins; other tests' logs stay readable. */
public class Broken implements RunListener {
    private boolean fails;

    @Override
    public void event(RunEvent event) {
        fails |= "plugins".equals(event.fields().get("name"));
        if (fails) {
            throw new IllegalStateException("a listener's own fault");
        }
    }
}

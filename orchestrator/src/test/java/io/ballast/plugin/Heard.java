package io.ballast.plugin;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A listener as another team would write it: keeps the types of the events of each run, by the run's folder. */
public class Heard implements RunListener {
    static final Map<String, List<String>> RUNS = new ConcurrentHashMap<>();
    private final List<String> types = new ArrayList<>();

    @Override
    public void event(RunEvent event) {
        types.add(event.type());
        if (event.type().equals("started")) {
            RUNS.put(event.fields().get("folder").toString(), types);
        }
    }
}

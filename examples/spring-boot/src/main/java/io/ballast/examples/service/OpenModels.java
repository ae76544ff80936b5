package io.ballast.examples.service;

import io.ballast.Ballast;
import io.ballast.Model;
import jakarta.annotation.PreDestroy;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** Keeps the models open that were used last. One beyond the limit closes the one that was not used for longest. */
@Component
class OpenModels {
    private final Ballast ballast;
    private final int most;
    private final Map<Path, Lent> models = new LinkedHashMap<>(16, 0.75f, true);

    /** A model whose readers are requests, and whose writer closes it. */
    private record Lent(Model model, ReentrantReadWriteLock use) {
    }

    OpenModels(Ballast ballast, @Value("${service.models}") int most) {
        this.ballast = ballast;
        this.most = most;
    }

    /** Does something with a model, which stays open meanwhile. */
    <T> T with(Path folder, Function<Model, T> work) {
        Lent lent = lend(folder);
        try {
            return work.apply(lent.model());
        } finally {
            lent.use().readLock().unlock();
        }
    }

    /** While one is opened, who wants another waits. */
    private synchronized Lent lend(Path folder) {
        Lent lent = models.get(folder);
        if (lent == null) {
            makeRoom();
            lent = new Lent(ballast.openModel(folder), new ReentrantReadWriteLock());
            models.put(folder, lent);
        }
        lent.use().readLock().lock();
        return lent;
    }

    /** Where all are in use, one more is open for as long as that lasts. */
    private void makeRoom() {
        models.values().removeIf(lent -> models.size() >= most && closedUnused(lent));
    }

    private static boolean closedUnused(Lent lent) {
        if (!lent.use().writeLock().tryLock()) {
            return false;
        }
        lent.model().close();
        return true;
    }

    @PreDestroy
    synchronized void closeAll() {
        models.values().forEach(lent -> lent.model().close()); // which ends the requests under way
        models.clear();
    }
}

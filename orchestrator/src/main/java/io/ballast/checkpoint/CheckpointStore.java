package io.ballast.checkpoint;

import com.google.gson.JsonParseException;
import io.ballast.InvalidInputException;
import io.ballast.RunEvent;
import io.ballast.data.WholeFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a run folder, a numbered folder each: {@code state.json}, mostly a folder {@code tensors}, and
 * {@code checksums.json}. One is written under another name and renamed when all of it is on the disk, so that a run
 * killed at any moment leaves whole ones only; what is damaged later is told by its checksums.
 */
public final class CheckpointStore {
    static final String STATE = "state.json";
    static final String TENSORS = "tensors";
    private static final String PARTIAL = ".partial";
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);

    private final Path folder;
    private final Path events;
    private final int keep;
    /** Files that never change once they are part of a checkpoint are hashed once. */
    private final Map<Path, String> known = new HashMap<>();
    private final Set<Path> damaged = new HashSet<>();

    /**
     * @param runFolder the run's
     * @param keep      how many checkpoints are kept, at least 1
     */
    public CheckpointStore(Path runFolder, int keep) {
        this.folder = folderOf(runFolder);
        this.events = runFolder.resolve(RunEvent.FILE);
        this.keep = keep;
    }

    /**
     * Where a run has its checkpoints.
     *
     * @param runFolder the run's
     * @return a folder, which is there while the run has not completed
     */
    public static Path folderOf(Path runFolder) {
        return runFolder.resolve("checkpoints");
    }

    /** @return the newest checkpoint that is whole; damaged ones before it are told by name */
    public Optional<Checkpoint> newest() {
        List<Path> all = all();
        for (int i = all.size() - 1; i >= 0; i--) {
            Path each = all.get(i);
            Optional<String> damage = Seal.damage(each);
            if (damage.isEmpty()) {
                CheckpointState state = state(each);
                if (events.toFile().length() >= state.eventBytes()) {
                    return Optional.of(new Checkpoint(each, state));
                }
                damage = Optional.of(events + ": expected at least " + state.eventBytes() + " bytes, found "
                        + events.toFile().length());
            }
            damaged.add(each);
            LOG.warn("The checkpoint {} is damaged: {}. The one before it is used{}.", each, damage.get(),
                    i == 0 ? "; there is none, so the run begins again" : "");
        }
        return Optional.empty();
    }

    private static CheckpointState state(Path checkpoint) {
        try {
            return CheckpointState.parse(Files.readString(checkpoint.resolve(STATE)));
        } catch (IOException | JsonParseException other) { // its checksum is right
            throw new InvalidInputException("Expected a checkpoint that this version of Ballast wrote in "
                    + checkpoint + "; found " + other.getMessage() + ". Resume the run with the version that began it.",
                    other);
        }
    }

    /**
     * Writes a checkpoint, and removes those that are no longer wanted.
     *
     * @param tensors      writes files into the folder it is given and makes, or null where there are no tensors
     * @param state        makes the state, of the name that the folder of tensors will have beside other checkpoints
     * @param dependencies files outside of the checkpoint that it is nothing without; they do not change any more
     */
    public void write(Consumer<Path> tensors, Function<String, CheckpointState> state, Collection<Path> dependencies) {
        try (Draft draft = begin(state, dependencies)) {
            if (tensors != null) {
                tensors.accept(draft.tensors());
            }
            draft.publish();
        }
    }

    /**
     * Begins a checkpoint. Until its draft is closed nothing else is asked of this store.
     *
     * @param state        makes the state, of the name that the folder of tensors will have beside other checkpoints
     * @param dependencies files outside of the checkpoint that it is nothing without; they do not change any more
     * @return what is to be published when its tensors are written
     */
    public Draft begin(Function<String, CheckpointState> state, Collection<Path> dependencies) {
        Path written = folder.resolve("%06d".formatted(nextNumber()));
        Path partial = written.resolveSibling(written.getFileName() + PARTIAL);
        CheckpointState made = state.apply(written.getFileName() + "/" + TENSORS);
        try {
            Files.createDirectories(folder);
            WholeFiles.delete(partial);
            Files.createDirectory(partial);
            return new Draft(written, partial, made, List.copyOf(dependencies));
        } catch (IOException e) {
            throw unwritten(e);
        }
    }

    private UncheckedIOException unwritten(IOException e) {
        return new UncheckedIOException("could not write a checkpoint in " + folder, e);
    }

    /** A checkpoint on its way: another thread than the one that began it may publish it. */
    public final class Draft implements AutoCloseable {
        private final Path written;
        private final Path partial;
        private final CheckpointState state;
        private final List<Path> dependencies;

        private Draft(Path written, Path partial, CheckpointState state, List<Path> dependencies) {
            this.written = written;
            this.partial = partial;
            this.state = state;
            this.dependencies = dependencies;
        }

        /** @return the folder for its tensors, which is not there yet; without them it stays away */
        public Path tensors() {
            return partial.resolve(TENSORS);
        }

        /** Makes it the newest checkpoint, whole on the disk, and removes those that are no longer wanted. */
        public void publish() {
            try {
                Map<String, String> hashes = new LinkedHashMap<>();
                if (Files.isDirectory(tensors())) {
                    for (Path file : files(tensors())) {
                        String name = TENSORS + "/" + file.getFileName();
                        hashes.put(name, Seal.hash(file));
                        known.put(written.resolve(name), hashes.get(name));
                    }
                    Seal.force(tensors());
                }
                Files.writeString(partial.resolve(STATE), state.toJson());
                hashes.put(STATE, Seal.hash(partial.resolve(STATE)));
                for (Path file : outside(written, state, dependencies)) {
                    hashes.put(written.relativize(file).toString(), hashOnce(file));
                }
                Seal.force(events);
                Seal.write(partial, hashes);
                Files.move(partial, written, StandardCopyOption.ATOMIC_MOVE);
                Seal.force(folder);
                prune();
            } catch (IOException e) {
                throw unwritten(e);
            }
        }

        /** On a full disk the half that was written takes the room that the run needs to say what happened. */
        @Override
        public void close() {
            try {
                WholeFiles.delete(partial);
            } catch (IOException later) {
                LOG.debug("What was half written in {} stays until the run is resumed: {}", partial, later.toString());
            }
        }
    }

    private List<Path> outside(Path written, CheckpointState state, Collection<Path> dependencies) throws IOException {
        List<Path> files = new ArrayList<>(dependencies);
        if (state.model() != null && !folder.resolve(state.model()).equals(written.resolve(TENSORS))) {
            files.addAll(files(folder.resolve(state.model())));
        }
        return files;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        }
    }

    private String hashOnce(Path file) throws IOException {
        if (!known.containsKey(file)) {
            known.put(file, Seal.hash(file));
        }
        return known.get(file);
    }

    private long nextNumber() {
        List<Path> all = all();
        return all.isEmpty() ? 1 : Long.parseLong(all.get(all.size() - 1).getFileName().toString()) + 1;
    }

    /** Whole or damaged, the oldest first. */
    private List<Path> all() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(each -> each.getFileName().toString().matches("\\d{6,}"))
                    .sorted(Comparator.comparingLong(each -> Long.parseLong(each.getFileName().toString()))).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("could not list " + folder, e);
        }
    }

    /** Removes all but the newest, those whose parameters they start from, and what was never finished. */
    private void prune() throws IOException {
        List<Path> whole = all().stream().filter(each -> !damaged.contains(each)).toList();
        Set<Path> wanted = new HashSet<>(whole.subList(Math.max(0, whole.size() - keep), whole.size()));
        for (Path each : List.copyOf(wanted)) {
            String model = state(each).model();
            if (model != null) {
                wanted.add(folder.resolve(model).getParent());
            }
        }
        for (Path each : all()) {
            if (!wanted.contains(each)) {
                Path going = each.resolveSibling(each.getFileName() + PARTIAL);
                Files.move(each, going, StandardCopyOption.ATOMIC_MOVE);
                WholeFiles.delete(going);
            }
        }
    }

    /** Removes all checkpoints at once: a run without that folder has completed. */
    public void remove() {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try {
            Path going = folder.resolveSibling(".checkpoints" + PARTIAL);
            WholeFiles.delete(going);
            Files.move(folder, going, StandardCopyOption.ATOMIC_MOVE);
            WholeFiles.delete(going);
        } catch (IOException e) {
            throw new UncheckedIOException("could not remove " + folder, e);
        }
    }

    /** Removes what a killed run was writing or removing. */
    public void sweep() {
        try {
            WholeFiles.delete(folder.resolveSibling(".checkpoints" + PARTIAL));
            if (Files.isDirectory(folder)) {
                try (Stream<Path> entries = Files.list(folder)) {
                    for (Path each : entries.filter(entry -> entry.toString().endsWith(PARTIAL)).toList()) {
                        WholeFiles.delete(each);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not tidy " + folder, e);
        }
    }
}

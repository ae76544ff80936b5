package io.ballast.model;

import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.data.CacheFolder;
import io.ballast.data.Sha256;
import io.ballast.data.WholeFiles;
import io.ballast.python.Bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** What a user may name as a model, as a Hugging Face folder on this machine. */
public final class ModelSource {
    private static final String GGUF = ".gguf";
    private static final int KEY_CHARACTERS = 32;

    private ModelSource() {
    }

    /**
     * Whether a path names a GGUF file, llama.cpp's form of a model.
     *
     * @param path as a user wrote it
     * @return whether it ends so
     */
    public static boolean isGguf(String path) {
        return path.toLowerCase(Locale.ROOT).endsWith(GGUF);
    }

    /**
     * Whether a model has to be brought here or converted before it is a folder.
     *
     * @param path as a user wrote it
     * @return whether it is an address of the hub or a GGUF file
     */
    public static boolean isElsewhere(String path) {
        return HubAddress.is(path) || isGguf(path) && !Files.isDirectory(Path.of(path));
    }

    /**
     * Where a model stands on this machine, without bringing it here; nobody is asked.
     *
     * @param bridge to Python
     * @param path   as of {@link #folder}
     * @return what {@link #folder} gives where it has nothing to fetch or convert, else empty
     */
    public static Optional<Path> present(Bridge bridge, String path) {
        if (HubAddress.is(path)) {
            HubAddress address = HubAddress.model(path);
            return bridge.hub().cachedModel(address.repository(), address.revision());
        }
        return Optional.of(isElsewhere(path) ? cached(Path.of(path)) : Path.of(path)).filter(Files::isDirectory);
    }

    /**
     * Brings a model here: one of the hub is downloaded into the hub's cache, a GGUF file written once as a folder in
     * Ballast's.
     *
     * @param bridge to Python
     * @param path   a folder, {@code hf://org/name@revision} or a GGUF file
     * @return the model's folder; a path that is neither of the others as it is, whether or not it is there
     * @throws InvalidInputException when there is no such model on the hub, or the GGUF file cannot be read
     */
    public static Path folder(Bridge bridge, String path) {
        if (HubAddress.is(path)) {
            HubAddress address = HubAddress.model(path);
            return bridge.hub().downloadModel(address.repository(), address.revision());
        }
        return isElsewhere(path) ? converted(bridge, Path.of(path)) : Path.of(path);
    }

    /**
     * The trained model of a run.
     *
     * @param folder of a run, or of a model
     * @return the run's model; any other folder as it is
     * @throws InvalidInputException when it is the folder of a run that has written no model
     */
    public static Path trained(Path folder) {
        if (!Files.isRegularFile(folder.resolve(Experiment.FILE)) || Files.isRegularFile(folder.resolve("config.json"))) {
            return folder;
        }
        Path model = folder.resolve("model");
        if (!Files.isDirectory(model)) {
            throw new InvalidInputException("Expected a run with its trained model; found no folder 'model' in " + folder
                    + ". A run writes it at its end: wait for that, or go on with one that was interrupted"
                    + " (ballast run --resume " + folder + ").");
        }
        return model;
    }

    private static Path converted(Bridge bridge, Path file) {
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException("Expected a GGUF file; found nothing at " + file + ". Check model.path.");
        }
        Path folder = cached(file);
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder.getParent());
                convert(bridge, file, folder);
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + folder, e);
        }
    }

    /** By the file's content: a file of the same name may be another model tomorrow. */
    private static Path cached(Path file) {
        return CacheFolder.of("gguf").resolve(new Sha256().file(file).hex().substring(0, KEY_CHARACTERS));
    }

    private static void convert(Bridge bridge, Path file, Path folder) throws IOException {
        Path partial = folder.resolveSibling(folder.getFileName() + "." + UUID.randomUUID());
        try {
            bridge.exports().convertGguf(file, partial);
            WholeFiles.giveName(partial, folder);
        } finally {
            WholeFiles.delete(partial);
        }
    }
}

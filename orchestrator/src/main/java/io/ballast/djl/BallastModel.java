package io.ballast.djl;

import ai.djl.BaseModel;
import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import io.ballast.BallastException;
import io.ballast.InvalidInputException;
import io.ballast.config.ExperimentReader;
import io.ballast.config.ModelConfig;
import java.nio.file.Path;
import java.util.Map;

/** A DJL model over {@link io.ballast.Model}: a Hugging Face folder, a PEFT adapter's, or a run's. */
final class BallastModel extends BaseModel {
    private final Device device;
    private BallastLease lease;
    private io.ballast.Model opened;

    /** @param device null for a GPU where there is one */
    BallastModel(String name, Device device) {
        super(name);
        this.device = device;
        manager = BallastEngine.INSTANCE.newBaseManager(device);
        dataType = DataType.FLOAT32;
    }

    @Override
    public void load(Path folder, String prefix, Map<String, ?> options) throws MalformedModelException {
        if (block != null) {
            throw new IllegalStateException("Expected a model that is loaded once and has no block of the caller's;"
                    + " found " + (opened == null ? "a block" : "one of " + modelDir)
                    + ". Load another, without optBlock.");
        }
        setModelDir(folder);
        try {
            open(options == null ? Map.of() : options);
        } catch (InvalidInputException e) {
            throw new MalformedModelException(e.getMessage(), e);
        } catch (BallastException e) {
            throw new EngineException(e.getMessage(), e);
        }
        block = new BallastBlock(opened, manager);
        wasLoaded = true;
    }

    private void open(Map<String, ?> options) {
        lease = BallastLease.take();
        try {
            opened = lease.ballast().openModel(config(options));
            manager = BallastEngine.INSTANCE.newBaseManager(Devices.ofPyTorch(opened.info().device()));
        } finally {
            if (opened == null) {
                lease.close();
            }
        }
    }

    private ModelConfig config(Map<String, ?> options) {
        JsonObject config = new JsonObject();
        config.addProperty("path", modelDir.toString());
        if (options.get("dtype") != null) {
            config.addProperty("dtype", options.get("dtype").toString());
        }
        if (device != null) {
            config.addProperty("device", Devices.toPyTorch(device));
        }
        return ExperimentReader.block(config, ModelConfig.class, Path.of(""), "DJL's options of the model");
    }

    /** Writes a Hugging Face checkpoint, or an adapter; DJL's own form of parameters has no part in it. */
    @Override
    public void save(Path folder, String newModelName) {
        opened.save(folder);
    }

    /** Frees the model. May be called twice. */
    @Override
    public void close() {
        if (opened != null) {
            opened.close();
            lease.close();
        }
    }

    /** DJL's says that the model was not closed whenever its manager is open, which one without arrays always is. */
    @Override
    @SuppressWarnings("deprecation")
    protected void finalize() {
        // An empty one is not even called.
    }
}

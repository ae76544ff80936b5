package io.ballast.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.util.passthrough.PassthroughNDManager;

/**
 * DJL's engine "Ballast": causal language models in Hugging Face's form, run by PyTorch in the Python of
 * {@link io.ballast.Ballast}. Python starts when the first model is loaded. Arrays only pass through: the engine has
 * none of its own.
 */
public final class BallastEngine extends Engine {
    /** What {@code Criteria.optEngine} names. */
    public static final String NAME = "Ballast";
    /** Behind every other engine: Ballast never becomes the default, since all it runs is language models. */
    static final int RANK = Integer.MAX_VALUE;
    /** The one there is; DJL's own start comes before it. */
    static final BallastEngine INSTANCE = new BallastEngine();

    private BallastEngine() {
    }

    @Override
    public Engine getAlternativeEngine() {
        return null;
    }

    @Override
    public String getEngineName() {
        return NAME;
    }

    @Override
    public int getRank() {
        return RANK;
    }

    @Override
    public String getVersion() {
        String version = BallastEngine.class.getPackage().getImplementationVersion();
        return version == null ? "not packaged" : version;
    }

    /** None of DJL's: a model chooses its device when it is loaded, and {@code optDevice} names another. */
    @Override
    public boolean hasCapability(String capability) {
        return false;
    }

    @Override
    public Model newModel(String name, Device device) {
        return new BallastModel(name, device);
    }

    @Override
    public NDManager newBaseManager() {
        return newBaseManager(null);
    }

    @Override
    public NDManager newBaseManager(Device device) {
        return new PassthroughNDManager(this, device);
    }
}

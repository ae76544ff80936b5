package io.ballast.djl;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineProvider;

/** Tells DJL of the engine "Ballast". DJL finds this class by itself; it loads nothing and needs no Python. */
public final class BallastEngineProvider implements EngineProvider {
    /** DJL makes it. */
    public BallastEngineProvider() {
        // The engine is made when it is asked for.
    }

    @Override
    public String getEngineName() {
        return BallastEngine.NAME;
    }

    @Override
    public int getEngineRank() {
        return BallastEngine.RANK;
    }

    @Override
    public Engine getEngine() {
        return BallastEngine.INSTANCE;
    }
}

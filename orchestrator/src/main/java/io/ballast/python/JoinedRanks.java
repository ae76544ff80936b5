package io.ballast.python;

import static io.ballast.python.BridgeValues.map;
import static io.ballast.python.BridgeValues.texts;

import io.ballast.ranks.Ranks;
import java.util.List;
import java.util.Map;

/** The ranks that this one has met, through torch.distributed. */
record JoinedRanks(Bridge bridge, int rank, int size) implements Ranks {
    static Ranks join(Bridge bridge) {
        Map<String, Object> found = map(bridge.invoke("join_ranks"));
        int size = ((Number) found.get("size")).intValue();
        return size == 1 ? ALONE : new JoinedRanks(bridge, ((Number) found.get("rank")).intValue(), size);
    }

    @Override
    public List<String> all(String own) {
        return texts(bridge.invoke("all_texts", own));
    }

    @Override
    public void apart(long model, Runnable work) {
        bridge.invoke("begin_apart", model);
        work.run();
        bridge.invoke("end_apart", model);
    }
}
